// Package harden makes the agent a bad target for the user code that runs beside it under the
// same uid.
package harden

import (
	"os"
	"strconv"
	"syscall"
)

const (
	prSetDumpable       = 4
	prSetChildSubreaper = 36
	prSetNoNewPrivs     = 38
)

// Files are descriptors of this process's own /proc that have to be opened before it becomes
// non-dumpable, because /proc/self belongs to root from then on.
type Files struct {
	// OOMScoreAdj is /proc/self/oom_score_adj, open for writing; -1 when there is none.
	OOMScoreAdj int
	// OOMScore is what OOMScoreAdj held at start.
	OOMScore string
}

// Process hardens the calling process for good. It has to run before any other goroutine starts a
// child and in a binary built without cgo.
//
//   - non-dumpable: no ptrace, no /proc/1/mem, environ or fd for processes of the same uid
//   - no_new_privs on every thread: what it starts gains nothing from setuid files
//   - orphans are re-parented to it even when it is not PID 1
//   - no signal that user code can send ends it
//   - umask 0022, which commands inherit, and no descriptor but 0, 1 and 2 for them
func Process() Files {
	CloseOnExec()
	files := Files{OOMScoreAdj: -1}
	const path = "/proc/self/oom_score_adj"
	if score, err := os.ReadFile(path); err == nil {
		if fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CLOEXEC, 0); err == nil {
			files.OOMScoreAdj, files.OOMScore = fd, string(score)
		}
	}
	syscall.RawSyscall6(syscall.SYS_PRCTL, prSetDumpable, 0, 0, 0, 0, 0)
	syscall.RawSyscall6(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0, 0, 0, 0)
	// no_new_privs belongs to a thread. Needs the runtime's own signal handlers: before disarming.
	_, _, _ = syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0)
	disarmSignals()
	syscall.Umask(0o022)
	return files
}

// CloseOnExec marks every descriptor that this process was started with beyond 0, 1 and 2, so that
// commands do not inherit it.
func CloseOnExec() {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
