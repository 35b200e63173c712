// Package testhost plays the host's end of the protocol in tests.
package testhost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"sandbox-system/execd/internal/protocol"
)

// Patience is how long a test waits for something that has to come. It is a bound for a broken
// agent, never a measure of a working one.
const Patience = 20 * time.Second

// ErrResync ends a host's reading: the agent begins a new connection on the same byte stream.
var ErrResync = errors.New("the agent begins anew")

// Frame is one frame as it arrived.
type Frame struct {
	protocol.Header
	Message protocol.Message
}

// Host is one connection to an agent.
type Host struct {
	t     testing.TB
	conn  io.ReadWriter
	Hello protocol.Hello
	Ready protocol.Ready

	writing sync.Mutex
	mu      sync.Mutex
	streams map[uint32]chan Frame
	last    uint32
	// Closed is closed when the agent has closed the connection, or begun anew.
	Closed chan struct{}
}

// Secret is what Welcome hands over.
var Secret = bytes.Repeat([]byte{0x5a}, protocol.SecretSize)

// Welcome returns terms for a test: no limits, no orphan timeout, a window of 256 KiB.
func Welcome(dir string) protocol.Welcome {
	return protocol.Welcome{
		Version: protocol.Version, Secret: Secret, WorkspaceDir: dir, KillGraceMs: 200, Window: 256 << 10,
	}
}

// New returns a host on a connection that has said nothing yet.
func New(t testing.TB, conn io.ReadWriter) *Host {
	return &Host{t: t, conn: conn, streams: map[uint32]chan Frame{}, Closed: make(chan struct{})}
}

// Greet shakes hands and starts to read.
func Greet(t testing.TB, conn io.ReadWriter, w protocol.Welcome) *Host {
	t.Helper()
	h := New(t, conn)
	hello, err := h.Read()
	if err != nil || hello.Type != protocol.TypeHello {
		t.Fatalf("no HELLO: %+v %v", hello, err)
	}
	h.Hello = hello.Message.(protocol.Hello)
	h.Send(0, w)
	ready, err := h.Read()
	if err != nil || ready.Type != protocol.TypeReady {
		t.Fatalf("no READY: %+v %v", ready, err)
	}
	h.Ready = ready.Message.(protocol.Ready)
	go h.run()
	return h
}

// Read reads one frame, for as long as run does not.
func (h *Host) Read() (Frame, error) {
	var head [protocol.HeaderSize]byte
	if _, err := io.ReadFull(h.conn, head[:]); err != nil {
		return Frame{}, err
	}
	if marker := protocol.ResyncMarker; string(head[:]) == marker[:protocol.HeaderSize] {
		_, err := io.CopyN(io.Discard, h.conn, int64(len(marker)-protocol.HeaderSize))
		if err == nil {
			err = ErrResync
		}
		return Frame{}, err
	}
	header, err := protocol.ParseHeader(head[:], protocol.FromAgent)
	if err != nil {
		return Frame{}, err
	}
	payload := make([]byte, header.Length)
	if _, err := io.ReadFull(h.conn, payload); err != nil {
		return Frame{}, err
	}
	m, err := protocol.Decode(header.Type, payload)
	return Frame{header, m}, err
}

func (h *Host) run() {
	defer close(h.Closed)
	for {
		f, err := h.Read()
		if err != nil {
			if _, violation := err.(protocol.Violation); violation {
				h.t.Errorf("the agent broke the protocol: %v", err)
			}
			return
		}
		h.mu.Lock()
		ch := h.streams[f.Stream]
		h.mu.Unlock()
		if ch == nil {
			h.t.Errorf("frame %v on stream %d, which is not open", f.Type, f.Stream)
			return
		}
		ch <- f
	}
}

// Send sends one frame. Errors show in what does not come back.
func (h *Host) Send(stream uint32, m protocol.Message) {
	h.SendRaw(protocol.AppendFrame(nil, stream, m))
}

// SendRaw sends bytes as they are.
func (h *Host) SendRaw(b []byte) {
	h.writing.Lock()
	defer h.writing.Unlock()
	_, _ = h.conn.Write(b)
}

// Stream is an operation that the host opened.
type Stream struct {
	h  *Host
	ID uint32
	in chan Frame
}

// Open opens the next stream.
func (h *Host) Open(m protocol.Message) *Stream {
	h.mu.Lock()
	h.last++
	// The queue is longer than any test's stream, so that one that is not read holds up no other.
	s := &Stream{h: h, ID: h.last, in: make(chan Frame, 1024)}
	h.streams[s.ID] = s.in
	h.mu.Unlock()
	h.Send(s.ID, m)
	return s
}

// Ping waits for the answer to a PING.
func (h *Host) Ping(nonce uint64) {
	h.t.Helper()
	h.mu.Lock()
	ch := make(chan Frame, 1)
	h.streams[0] = ch
	h.mu.Unlock()
	h.Send(0, protocol.Ping{Nonce: nonce})
	f := await(h.t, ch, h.Closed)
	if f.Message != (protocol.Pong{Nonce: nonce}) {
		h.t.Fatalf("answer to PING: %+v", f)
	}
}

// Send sends a frame on the stream.
func (s *Stream) Send(m protocol.Message) { s.h.Send(s.ID, m) }

// Next waits for the stream's next frame.
func (s *Stream) Next() Frame {
	s.h.t.Helper()
	return await(s.h.t, s.in, s.h.Closed)
}

func await(t testing.TB, ch chan Frame, closed chan struct{}) Frame {
	t.Helper()
	select {
	case f := <-ch:
		return f
	default:
	}
	select {
	case f := <-ch:
		return f
	case <-closed:
		select {
		case f := <-ch:
			return f
		default:
			t.Fatal("the agent closed the connection")
		}
	case <-time.After(Patience):
		t.Fatal("no frame came")
	}
	panic("unreachable")
}

// Result is what came on a stream, up to its terminal frame.
type Result struct {
	Stdout, Stderr, Data []byte
	Entries              []protocol.Entry
	Info                 *protocol.Entry
	// Last is the terminal message: Exit, Error, Written or Done.
	Last protocol.Message
}

// Exit returns the EXIT, failing the test when the stream ended otherwise.
func (r Result) Exit(t testing.TB) protocol.Exit {
	t.Helper()
	exit, ok := r.Last.(protocol.Exit)
	if !ok {
		t.Fatalf("ended with %+v", r.Last)
	}
	return exit
}

// Code returns the code of the ERROR, or 0.
func (r Result) Code() protocol.Code {
	e, _ := r.Last.(protocol.Error)
	return e.Code
}

// Collect reads the stream to its end, granting credit for what it takes.
func (s *Stream) Collect() (r Result) {
	s.h.t.Helper()
	for {
		f := s.Next()
		switch m := f.Message.(type) {
		case protocol.Raw:
			switch m.Kind {
			case protocol.TypeStdout:
				r.Stdout = append(r.Stdout, m.Bytes...)
			case protocol.TypeStderr:
				r.Stderr = append(r.Stderr, m.Bytes...)
			default:
				r.Data = append(r.Data, m.Bytes...)
			}
			s.Send(protocol.Credit{Bytes: uint32(len(m.Bytes))})
		case protocol.FileInfo:
			r.Info = &m.Entry
		case protocol.Entries:
			r.Entries = append(r.Entries, m.Entries...)
		case protocol.Credit:
		default:
			r.Last = m
			return r
		}
	}
}

// Command returns an EXEC without limits that matter.
func Command(format string, args ...any) protocol.Exec {
	return protocol.Exec{Command: fmt.Sprintf(format, args...), StdoutLimit: protocol.Unlimited, StderrLimit: protocol.Unlimited}
}

// Exec runs a command to its end.
func (h *Host) Exec(format string, args ...any) Result {
	h.t.Helper()
	return h.Open(Command(format, args...)).Collect()
}

// Upload writes a file, minding credit.
func (h *Host) Upload(m protocol.Write, content []byte) Result {
	h.t.Helper()
	s := h.Open(m)
	for credit := 256 << 10; len(content) > 0; {
		for credit == 0 {
			f := s.Next()
			grant, ok := f.Message.(protocol.Credit)
			if !ok {
				return Result{Last: f.Message}
			}
			credit += int(grant.Bytes)
		}
		n := len(content)
		if n > protocol.MaxData {
			n = protocol.MaxData
		}
		if n > credit {
			n = credit
		}
		s.Send(protocol.Raw{Kind: protocol.TypeData, Bytes: content[:n]})
		content = content[n:]
		credit -= n
	}
	s.Send(protocol.DataEnd)
	return s.Collect()
}
