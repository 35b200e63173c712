package agent

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sandbox-system/execd/internal/flow"
	"sandbox-system/execd/internal/harden"
	"sandbox-system/execd/internal/process"
	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
	"sandbox-system/execd/internal/transport"
)

// env is shared by all agents of the test process, which has one process table.
var env *process.Env

func TestMain(m *testing.M) {
	const setChildSubreaper = 36
	syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
	devNull, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	syscall.Umask(0o022)
	harden.CloseOnExec()
	table := process.NewTable(harden.Files{OOMScoreAdj: -1})
	go table.Reap()
	env = &process.Env{
		Table: table, Buffers: flow.NewBuffers(), OOM: process.OpenOOMCounter(),
		Shell: process.FindShell(), Environ: os.Environ(), DevNull: devNull,
	}
	status := m.Run()
	table.KillAll()
	os.Exit(status)
}

// fixture is an agent in this process, with a workspace of its own.
type fixture struct {
	t        testing.TB
	dir      string // the workspace
	listener *net.UnixListener
	exited   chan int
	agent    *Agent
}

func start(t testing.TB) *fixture {
	t.Helper()
	base, err := os.MkdirTemp("", "execd") // t.TempDir makes paths too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, dir: filepath.Join(base, "workspace"), exited: make(chan int, 1)}
	if err := os.Mkdir(f.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(base, "agent.sock")
	f.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	f.agent = New(Options{
		Version: "test", Env: env,
		Warn: func(line string) { t.Log(line) },
		Exit: func(status int) { f.exited <- status; select {} },
	})
	go func() { f.exited <- f.agent.Run(transport.NewUnix(path, f.agent.Heard)) }()
	t.Cleanup(func() {
		f.stop()
		f.listener.Close()
		os.RemoveAll(base)
	})
	return f
}

// stop ends the agent through a connection of its own, unless it has ended.
func (f *fixture) stop() {
	select {
	case <-f.exited:
		return
	default:
	}
	_ = f.listener.SetDeadline(deadline())
	env.Table.KillAll()
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			f.t.Errorf("the agent did not come back: %v", err)
			return
		}
		h := testhost.New(f.t, conn)
		if _, err := h.Read(); err == nil {
			h.Send(0, testhost.Welcome(f.dir))
			h.Send(0, protocol.Shutdown)
			select {
			case <-f.exited:
				conn.Close()
				return
			case <-time.After(testhost.Patience):
				f.t.Error("the agent did not end")
			}
		}
		conn.Close()
		return
	}
}

// connect takes the agent's next connection.
func (f *fixture) connect(w protocol.Welcome) (*testhost.Host, net.Conn) {
	f.t.Helper()
	_ = f.listener.SetDeadline(deadline())
	conn, err := f.listener.Accept()
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	return testhost.Greet(f.t, conn, w), conn
}

// host starts an agent and connects to it.
func host(t testing.TB) (*testhost.Host, *fixture) {
	t.Helper()
	f := start(t)
	h, conn := f.connect(testhost.Welcome(f.dir))
	t.Cleanup(func() { conn.Close() }) // runs before the fixture's own
	return h, f
}

// deadline is when a broken agent is given up.
func deadline() time.Time { return time.Now().Add(testhost.Patience) }
