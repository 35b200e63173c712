package protocol

// ExecStdin is the EXEC flag that says that STDIN frames follow; without it stdin is /dev/null.
const ExecStdin = 1

// Exec starts a command.
type Exec struct {
	Command string
	// Cwd is relative to the workspace; "" is the workspace itself.
	Cwd string
	// Env holds K=V strings that are added to the image's environment.
	Env []string
	// TimeoutMs is the command's time in milliseconds; 0: unlimited.
	TimeoutMs uint32
	// StdoutLimit and StderrLimit are how many bytes are sent; what passes them is dropped and counted.
	StdoutLimit uint64
	StderrLimit uint64
	Flags       uint8
}

// Credit grants the receiver of the frame that many more data bytes on its stream.
type Credit struct{ Bytes uint32 }

// Flags of EXIT.
const (
	ExitTimedOut       = 1
	ExitOutOfMemory    = 2
	ExitCancelled      = 4
	ExitWorkspaceBytes = 8
	ExitWorkspaceFiles = 16
)

// Exit is the terminal frame of a command that started.
type Exit struct {
	// ExitCode is the main process's own, 128 + signal when a signal ended it, 124 when it timed out.
	ExitCode int32
	Signal   uint8
	Flags    uint8
	// StdoutDropped and StderrDropped count the bytes that were read and not sent.
	StdoutDropped uint64
	StderrDropped uint64
	// DurationUs is the life of the main process in microseconds.
	DurationUs uint64
}

func (Exec) Type() Type   { return TypeExec }
func (Credit) Type() Type { return TypeCredit }
func (Exit) Type() Type   { return TypeExit }

func (m Exec) appendTo(b []byte) []byte {
	b = appendStr(appendStr(b, m.Command), m.Cwd)
	b = appendU32(b, uint32(len(m.Env)))
	for _, kv := range m.Env {
		b = appendStr(b, kv)
	}
	b = appendU64(appendU32(b, m.TimeoutMs), m.StdoutLimit)
	return append(appendU64(b, m.StderrLimit), m.Flags)
}

func (m Credit) appendTo(b []byte) []byte { return appendU32(b, m.Bytes) }

func (m Exit) appendTo(b []byte) []byte {
	b = append(appendU32(b, uint32(m.ExitCode)), m.Signal, m.Flags)
	return appendU64(appendU64(appendU64(b, m.StdoutDropped), m.StderrDropped), m.DurationUs)
}

// DecodeExec decodes the payload of EXEC.
func DecodeExec(p []byte) (Exec, error) {
	d := decoder{rest: p}
	m := Exec{Command: d.str(), Cwd: d.str()}
	// A string takes four bytes at least: its length.
	if n := d.count(4); n > 0 {
		m.Env = make([]string, n)
		for i := range m.Env {
			m.Env[i] = d.str()
		}
	}
	m.TimeoutMs, m.StdoutLimit, m.StderrLimit, m.Flags = d.u32(), d.u64(), d.u64(), d.u8()
	return m, d.end()
}

// DecodeCredit decodes the payload of CREDIT.
func DecodeCredit(p []byte) (Credit, error) {
	d := decoder{rest: p}
	m := Credit{Bytes: d.u32()}
	return m, d.end()
}

// DecodeExit decodes the payload of EXIT.
func DecodeExit(p []byte) (Exit, error) {
	d := decoder{rest: p}
	m := Exit{
		ExitCode: d.i32(), Signal: d.u8(), Flags: d.u8(),
		StdoutDropped: d.u64(), StderrDropped: d.u64(), DurationUs: d.u64(),
	}
	return m, d.end()
}
