package harden

import (
	"syscall"
	"unsafe"
)

// sigaction is struct sigaction of the kernel's rt_sigaction on amd64 and arm64.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	sigDefault = 0
	sigIgnore  = 1
	lastSignal = 64
)

func rtSigaction(sig int, set, get *sigaction) {
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), 8, 0, 0)
}

// disarmSignals makes user code unable to end or stop this process with a signal.
//
// The Go runtime installs a handler for nearly every signal, and a handler is what makes a signal
// deliverable to a namespace's PID 1. SIGQUIT, SIGABRT, SIGSEGV and their like then end a Go
// program whoever sent them. So each handler that the runtime installed is replaced by SIG_IGN
// below the runtime's back, and all else is left at the default, which the kernel does not deliver
// to PID 1. A real fault still kills: the kernel overrides SIG_IGN for a signal that it forces.
//
// Two are exceptions. SIGURG keeps the runtime's handler, which uses it to preempt goroutines and
// takes one from elsewhere for a harmless spurious request. SIGCHLD goes back to the default,
// because ignoring it would make the kernel reap children by itself.
//
// The runtime resets in a forked child every signal that it had a handler for, so that commands
// start with default dispositions all the same.
//
// SIGTERM is ignored as well: user code in the same namespace could send it, so the way to end the
// agent is the SHUTDOWN frame, or SIGKILL from outside.
func disarmSignals() {
	for sig := 1; sig <= lastSignal; sig++ {
		switch syscall.Signal(sig) {
		case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGURG:
			continue
		}
		var current sigaction
		rtSigaction(sig, nil, &current)
		next := sigaction{handler: sigDefault}
		if current.handler > sigIgnore && syscall.Signal(sig) != syscall.SIGCHLD {
			next.handler = sigIgnore
		}
		rtSigaction(sig, &next, nil)
	}
}
