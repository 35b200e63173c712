// Command execd is the agent inside a sandbox's container. It runs as PID 1, starts commands for
// the host, moves files and bytes, and ends with its owner. See docs/EXECD_PROTOCOL.md.
package main

import (
	// First, so that it is initialised before package os (see there).
	_ "sandbox-system/execd/internal/rlimit"

	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"sandbox-system/execd/internal/agent"
	"sandbox-system/execd/internal/flow"
	"sandbox-system/execd/internal/harden"
	"sandbox-system/execd/internal/process"
	"sandbox-system/execd/internal/transport"
)

// version is the agent's own version, as HELLO tells it; the build sets it.
var version = "dev"

const usage = `usage: execd [--transport=unix|attach] [--socket=PATH]

  --transport=unix    connect to the host's unix socket (default)
  --transport=attach  speak over stdin and stdout
  --socket=PATH       the host's socket (default /run/execd/agent.sock)
  --version           print the version
  --help              print this
`

type options struct{ transport, socket string }

func main() {
	o, done := parse(os.Args[1:])
	if done >= 0 {
		os.Exit(done)
	}
	os.Exit(run(o))
}

// parse reads the command line; a status that is not negative says that there is no more to do.
func parse(args []string) (options, int) {
	o := options{transport: "unix", socket: "/run/execd/agent.sock"}
	for _, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--transport="):
			o.transport = strings.TrimPrefix(arg, "--transport=")
		case strings.HasPrefix(arg, "--socket="):
			o.socket = strings.TrimPrefix(arg, "--socket=")
		case arg == "--version":
			say(1, version)
			return o, 0
		case arg == "--help":
			_, _ = syscall.Write(1, []byte(usage))
			return o, 0
		default:
			say(2, "execd: unknown argument "+arg+"\n"+usage)
			return o, agent.StatusUsage
		}
	}
	if o.transport != "unix" && o.transport != "attach" {
		say(2, "execd: unknown transport "+o.transport)
		return o, agent.StatusUsage
	}
	return o, -1
}

func run(o options) int {
	files := harden.Process()
	// An agent idles nearly all the time and shares its memory limit with the commands.
	const gcPercent, memoryLimit, processors = 25, 32 << 20, 2
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	if runtime.NumCPU() > processors {
		runtime.GOMAXPROCS(processors)
	}
	harden.ReserveThreads()
	devNull, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		say(2, "execd: /dev/null: "+err.Error())
		return agent.StatusUsage
	}
	shell := process.FindShell()
	if shell == "" {
		say(2, "execd: no shell in this image")
		return agent.StatusUsage
	}
	table := process.NewTable(files)
	go table.Reap()
	a := agent.New(agent.Options{
		Version: version,
		Env: &process.Env{
			Table: table, Buffers: flow.NewBuffers(), OOM: process.OpenOOMCounter(),
			Shell: shell, Environ: os.Environ(), DevNull: devNull,
		},
		Warn: func(line string) { say(2, "execd: "+line) },
		Exit: os.Exit,
	})
	if o.transport == "unix" {
		return a.Run(transport.NewUnix(o.socket, a.Heard))
	}
	attached, err := transport.NewAttach(devNull, a.Heard)
	if err != nil {
		say(2, "execd: "+err.Error())
		return agent.StatusUsage
	}
	return a.Run(attached)
}

// say writes with one plain system call: the runtime would take a broken stderr for its own death.
func say(fd int, line string) { _, _ = syscall.Write(fd, []byte(strings.TrimRight(line, "\n")+"\n")) }
