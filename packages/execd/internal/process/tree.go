package process

import (
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// tree is what finds a command's processes.
type tree struct {
	main   int
	marker string // "SANDBOX_COMMAND=<n>"
}

// members returns the live processes of the tree: the main process, its process session and group,
// those that carry its marker in their environment, and all descendants of these.
func (t tree) members() []proc {
	return collect(func(p proc) bool {
		return p.pid == t.main || p.session == t.main || p.pgrp == t.main
	}, t.marker)
}

// empty tells whether no process is left. It looks twice: a process that was forked and orphaned
// while the table was read can be missed once.
func (t tree) empty() bool { return len(t.members()) == 0 && len(t.members()) == 0 }

// looking makes looks at the process table take turns: each keeps a thread busy, and there may be no
// more to be had (see harden.ReserveThreads).
var looking sync.Mutex

// collect returns the processes that belong, the descendants of those, and those with the marker
// and their descendants. An empty marker matches none.
func collect(belongs func(proc) bool, marker string) []proc {
	looking.Lock()
	defer looking.Unlock()
	procs := snapshot()
	self := os.Getpid()
	in := make(map[int]bool, len(procs))
	for _, p := range procs {
		if p.pid != self && belongs(p) {
			in[p.pid] = true
		}
	}
	addDescendants(procs, in, self)
	if marker != "" {
		// The environment is the dearest to read, so it is asked last and only of the others.
		for _, p := range procs {
			if p.pid > 1 && p.pid != self && !p.zombie && !in[p.pid] && hasMarker(p.pid, marker) {
				in[p.pid] = true
			}
		}
		addDescendants(procs, in, self)
	}
	var members []proc
	for _, p := range procs {
		if in[p.pid] && !p.zombie {
			members = append(members, p)
		}
	}
	return members
}

func addDescendants(procs []proc, in map[int]bool, self int) {
	for grew := len(in) > 0; grew; {
		grew = false
		for _, p := range procs {
			if in[p.ppid] && !in[p.pid] && p.pid != self {
				in[p.pid] = true
				grew = true
			}
		}
	}
}

// atOnce, as a grace, skips SIGTERM.
const atOnce = time.Duration(-1)

// terminate ends the tree: SIGTERM, SIGKILL after the grace, repeated until none is left or giveUp
// has passed (a process can be unkillable for a while inside the kernel). exited is closed when the
// main process was reaped; gone is called once, when the tree is empty or forceAfter has passed
// since the first SIGKILL.
func (t *Table) terminate(tr tree, grace time.Duration, exited <-chan struct{}, gone func()) {
	const forceAfter, giveUp = 500 * time.Millisecond, time.Minute
	if grace != atOnce && t.asks(tr, grace, exited) {
		gone()
		return
	}
	start := time.Now()
	told := false
	for pause := time.Millisecond; time.Since(start) < giveUp; pause = backoff(pause) {
		if t.killOnce(tr.main, tr.members) == 0 && tr.empty() {
			break
		}
		if !told && time.Since(start) > forceAfter {
			told = true
			gone()
		}
		time.Sleep(pause)
	}
	if !told {
		gone()
	}
}

// asks sends SIGTERM and tells whether the tree is gone within the grace.
func (t *Table) asks(tr tree, grace time.Duration, exited <-chan struct{}) bool {
	t.SignalMain(tr.main, syscall.SIGTERM)
	for _, p := range tr.members() {
		if p.pgrp != tr.main {
			t.Signal(p.pid, syscall.SIGTERM)
		}
	}
	return t.vanishes(tr, grace, exited)
}

func backoff(pause time.Duration) time.Duration {
	const longest = 50 * time.Millisecond
	if pause *= 2; pause > longest {
		return longest
	}
	return pause
}

// vanishes waits up to the grace for the tree to end by itself.
func (t *Table) vanishes(tr tree, grace time.Duration, exited <-chan struct{}) bool {
	deadline := time.NewTimer(grace)
	defer deadline.Stop()
	select {
	case <-exited:
	case <-deadline.C:
		return false
	}
	// Nothing tells of the end of a process that is not a child, so the rest is looked for.
	for pause := time.Millisecond; ; pause = backoff(pause) {
		if tr.empty() {
			return true
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-deadline.C:
			again.Stop()
			return false
		}
	}
}

// killOnce sends SIGKILL to all members and returns how many were found.
//
// The main process's group goes first and as one, which the kernel does atomically with respect to
// fork. What is outside it is stopped before it is killed, until a look finds none that runs: a
// tree that forks faster than it is killed is held by its own pids limit.
func (t *Table) killOnce(main int, members func() []proc) int {
	if main > 0 {
		t.SignalMain(main, syscall.SIGKILL)
	}
	stopped := map[int]bool{}
	var found []proc
	for pass := 0; pass < 16; pass++ {
		found = members()
		fresh := false
		for _, p := range found {
			if !stopped[p.pid] {
				stopped[p.pid] = true
				fresh = true
				t.Signal(p.pid, syscall.SIGSTOP)
			}
		}
		if !fresh {
			break
		}
	}
	for _, p := range found {
		t.Signal(p.pid, syscall.SIGKILL)
	}
	return len(found)
}

// KillAll sends SIGKILL to every process that descends from this one, until none is left or about
// a second has passed.
func (t *Table) KillAll() {
	self := os.Getpid()
	descendants := func() []proc {
		return collect(func(p proc) bool { return p.ppid == self }, "")
	}
	for pause, tries := time.Millisecond, 0; tries < 25 && t.killOnce(0, descendants) > 0; tries++ {
		time.Sleep(pause)
		pause = backoff(pause)
	}
}

// HasChildren tells whether any process descends from this one.
func (t *Table) HasChildren() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var info [128]byte
	_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pAll, 0,
		uintptr(unsafe.Pointer(&info)), wExited|wNoWait|syscall.WNOHANG, 0, 0)
	return errno != syscall.ECHILD
}
