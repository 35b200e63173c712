// Package rlimit remembers the limit on open files that this process was started with.
//
// Package os of Go 1.19 raises the soft limit to the hard one in its own initialisation and lets
// children inherit that. This package imports nothing that depends on os, so that its variable is
// set before; commands are started under the limit that the container was given.
package rlimit

import (
	"syscall"
	"unsafe"
)

// given is the limit at start. ok is false when it could not be read.
var given, ok = read()

func read() (syscall.Rlimit, bool) {
	var lim syscall.Rlimit
	return lim, prlimit(nil, &lim) == nil
}

// prlimit goes around syscall.Setrlimit, in which newer Go versions keep a memory of their own.
func prlimit(set, get *syscall.Rlimit) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, syscall.RLIMIT_NOFILE,
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Changed tells whether the limit differs now from the one at start.
func Changed() bool {
	now, readable := read()
	return ok && readable && now != given
}

// Restore sets the limit at start and returns a function that sets the present one again.
// Descriptors above the limit stay open; only new ones are refused in between.
func Restore() (undo func()) {
	now, readable := read()
	if !ok || !readable {
		return func() {}
	}
	lowered := given
	_ = prlimit(&lowered, nil)
	return func() { _ = prlimit(&now, nil) }
}
