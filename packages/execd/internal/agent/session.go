package agent

import (
	"crypto/subtle"
	"errors"
	"io"
	"os"
	"time"

	"sandbox-system/execd/internal/mux"
	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/transport"
	"sandbox-system/execd/internal/workspace"
)

// running is a session's status while the agent is to go on.
const running = -1

// session is one connection, from HELLO until it is lost.
type session struct {
	agent  *Agent
	link   transport.Link
	conn   *mux.Conn // nil before WELCOME
	grace  time.Duration
	status int
}

// serve handles the host's frames until the connection ends.
func (s *session) serve() error {
	s.status = running
	s.post(protocol.Hello{
		Magic: protocol.Magic, Version: protocol.Version,
		AgentVersion: s.agent.Version, Secret: s.agent.secret,
	})
	for s.status == running {
		h, payload, err := s.link.In.Next()
		if err != nil {
			return err
		}
		if err := s.handle(h, payload); err != nil {
			return err
		}
	}
	return nil
}

// lose stops what the connection carried.
func (s *session) lose() {
	if s.conn != nil {
		s.conn.Lose()
	}
}

func (s *session) post(m protocol.Message) { s.link.Out.Send(protocol.AppendFrame(nil, 0, m)) }

func (s *session) handle(h protocol.Header, payload []byte) error {
	if h.Type != protocol.TypeNop && (s.conn == nil) != (h.Type == protocol.TypeWelcome) {
		return protocol.BadOrder
	}
	switch h.Type {
	case protocol.TypeNop, protocol.TypeShutdown:
		if err := protocol.DecodeEmpty(payload); err != nil {
			return err
		}
		if h.Type == protocol.TypeShutdown {
			s.shutDown()
		}
		return nil
	case protocol.TypeWelcome:
		m, err := protocol.DecodeWelcome(payload)
		if err != nil {
			return err
		}
		return s.welcome(m)
	case protocol.TypePing:
		m, err := protocol.DecodePing(payload)
		if err != nil {
			return err
		}
		s.agent.Env.Table.Poke()
		s.post(protocol.Pong{Nonce: m.Nonce})
		return nil
	case protocol.TypeExec:
		return s.exec(h.Stream, payload)
	case protocol.TypeRead, protocol.TypeWrite, protocol.TypeList,
		protocol.TypeStat, protocol.TypeMkdir, protocol.TypeRemove:
		return s.file(h, payload)
	}
	return s.conn.Receive(h, payload)
}

func (s *session) shutDown() {
	if os.Getpid() != 1 {
		s.agent.Env.Table.KillAll()
	}
	s.status = StatusEnded
}

// welcome takes over the host's terms. The secret and the workspace of the first WELCOME hold for
// the agent's whole life.
func (s *session) welcome(m protocol.Welcome) error {
	a := s.agent
	if m.Version != protocol.Version || len(m.Secret) != protocol.SecretSize || m.Window == 0 {
		return protocol.BadValue
	}
	if a.secret == nil {
		space, err := workspace.Open(m.WorkspaceDir)
		if err != nil {
			a.Warn("the workspace cannot be opened: " + err.Error())
			s.status = StatusNoWorkspace
			return nil
		}
		a.space, a.secret = space, m.Secret
		a.monitor = newMonitor(space, a.Env.Table)
		go a.monitor.run()
	} else if subtle.ConstantTimeCompare(a.secret, m.Secret) != 1 || !a.space.Is(m.WorkspaceDir) {
		return protocol.BadValue
	}
	a.space.SetLimits(workspace.Limits{Bytes: m.MaxWorkspaceBytes, Files: uint64(m.MaxFiles)})
	a.monitor.touched()
	a.orphan.set(time.Duration(m.OrphanTimeoutMs) * time.Millisecond)
	s.grace = time.Duration(m.KillGraceMs) * time.Millisecond
	s.conn = mux.NewConn(s.link.Out, m.Window)
	s.post(protocol.Ready{Shell: a.Env.Shell, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())})
	return nil
}

// open makes the stream of a new operation; nil without an error when there are too many.
func (s *session) open(id uint32, input mux.Input) (*mux.Stream, error) {
	stream, err := s.conn.Open(id, input)
	if stream == nil && err == nil {
		s.link.Out.Send(protocol.AppendFrame(nil, id, protocol.Error{
			Code: protocol.CodeTooManyStreams, Message: "too many operations at once",
		}))
	}
	return stream, err
}

func isViolation(err error) bool {
	var v protocol.Violation
	return errors.As(err, &v) || errors.Is(err, io.ErrNoProgress)
}
