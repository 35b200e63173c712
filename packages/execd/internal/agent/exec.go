package agent

import (
	"sandbox-system/execd/internal/mux"
	"sandbox-system/execd/internal/process"
	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/workspace"
)

// exec starts a command. It does so in the goroutine that reads the connection: forks take turns
// anyway, and handing over would cost more than it saves.
func (s *session) exec(id uint32, payload []byte) error {
	m, err := protocol.DecodeExec(payload)
	if err != nil {
		return err
	}
	input := mux.NoInput
	if m.Flags&protocol.ExecStdin != 0 {
		input = mux.StdinInput
	}
	stream, err := s.open(id, input)
	if stream == nil {
		return err
	}
	watched := s.agent.monitor.begin()
	command, err := process.Start(s.agent.Env, stream, process.Spec{
		Exec:       m,
		Dir:        s.agent.space.WorkingDir(m.Cwd),
		Grace:      s.grace,
		Stdin:      stream.Inbox(),
		GrantStdin: stream.Grant,
		Ended:      watched.ended,
		MakeRoom:   watched.makeRoom,
	})
	if err != nil {
		watched.ended()
		stream.FinishMessage(workspace.Failure(err))
		return nil
	}
	stream.Bind(command)
	watched.started(command)
	return nil
}
