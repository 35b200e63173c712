// Package process starts commands, reaps every process of the container, and kills whole trees.
package process

import (
	"sync"
	"syscall"
	"time"
	"unsafe"

	"sandbox-system/execd/internal/harden"
	"sandbox-system/execd/internal/rlimit"
)

const (
	pAll    = 0
	wExited = 4
	wNoWait = 0x01000000
	// childOOMScore makes the kernel choose a command before the agent when memory runs out.
	childOOMScore = "500"
)

// Table owns the children of this process. Its lock is held while a child is started and
// registered, and while one is reaped, so that an exit always finds its command and a pid is never
// signalled after it was freed.
type Table struct {
	mu    sync.Mutex
	mains map[int]func(syscall.WaitStatus, time.Time)
	wake  chan struct{}
	files harden.Files
	// limited: the limit on open files has to be put back for children (see package rlimit).
	limited bool
}

// NewTable returns a table; Reap has to run for it.
func NewTable(files harden.Files) *Table {
	return &Table{
		mains:   map[int]func(syscall.WaitStatus, time.Time){},
		wake:    make(chan struct{}, 1),
		files:   files,
		limited: rlimit.Changed(),
	}
}

// Start starts a process in a session of its own and returns its pid. onExit is called once, by the
// reaper, with the status and the time of the exit; it must not block. It may be called before
// Start has returned to a caller that was preempted, but never before pid is stored through the
// pointer.
func (t *Table) Start(pid *int, argv []string, attr *syscall.ProcAttr, onExit func(syscall.WaitStatus, time.Time)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	started, err := t.fork(argv, attr)
	if err != nil {
		return err
	}
	*pid = started
	t.mains[started] = onExit
	t.Poke()
	return nil
}

func (t *Table) fork(argv []string, attr *syscall.ProcAttr) (int, error) {
	if t.limited {
		defer rlimit.Restore()()
	}
	if fd := t.files.OOMScoreAdj; fd >= 0 {
		// A child inherits the score at the moment of the fork.
		_, _ = syscall.Pwrite(fd, []byte(childOOMScore), 0)
		defer func() { _, _ = syscall.Pwrite(fd, []byte(t.files.OOMScore), 0) }()
	}
	return syscall.ForkExec(argv[0], argv, attr)
}

// Poke makes a reaper that found no children look again.
func (t *Table) Poke() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Signal sends a signal to a process, or to a process group when pid is negative.
func (t *Table) Signal(pid int, sig syscall.Signal) {
	// As PID 1 of nothing but a container, -1 would reach all, and 0 and ±1 the agent itself.
	if pid >= -1 && pid <= 1 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = syscall.Kill(pid, sig)
}

// SignalMain sends a signal to a command's process group, as long as the main process that leads
// it was not reaped.
func (t *Table) SignalMain(pid int, sig syscall.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mains[pid] != nil {
		_ = syscall.Kill(-pid, sig)
	}
}

// Reap waits for children, its own and orphans, for as long as the process lives.
//
// It blocks in waitid rather than handling SIGCHLD, which saves the way through a signal handler.
// WNOWAIT leaves the zombie in place: its pid cannot be used anew before the lock is held.
func (t *Table) Reap() {
	for {
		pid, errno := nextZombie()
		switch {
		case errno == syscall.EINTR:
		case errno != 0:
			// No children. A process that another namespace put here can still become one, without
			// a start that would poke: every PING pokes too.
			<-t.wake
		default:
			t.reap(pid)
		}
	}
}

func nextZombie() (int, syscall.Errno) {
	var info struct {
		signo, errno, code, _ int32
		pid                   int32
		_                     [108]byte
	}
	_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pAll, 0,
		uintptr(unsafe.Pointer(&info)), wExited|wNoWait, 0, 0)
	return int(info.pid), errno
}

func (t *Table) reap(pid int) {
	t.mu.Lock()
	var status syscall.WaitStatus
	// A failed ForkExec has waited for its child itself: then there is nothing left here.
	reaped, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	var onExit func(syscall.WaitStatus, time.Time)
	if err == nil && reaped == pid {
		onExit = t.mains[pid]
		delete(t.mains, pid)
	}
	t.mu.Unlock()
	if onExit != nil {
		onExit(status, time.Now())
	}
}
