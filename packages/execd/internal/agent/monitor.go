package agent

import (
	"math"
	"sync"
	"time"

	"sandbox-system/execd/internal/process"
	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/workspace"
)

const (
	// firstLook is how long after a command's start the workspace is counted for the first time:
	// most commands are over by then, and cost nothing.
	firstLook = 50 * time.Millisecond
	// shortestPause and costFactor space the counts: a tenth of one processor at most.
	shortestPause = 100 * time.Millisecond
	costFactor    = 10
	// backgroundPause spaces them while only background processes run.
	backgroundPause = 500 * time.Millisecond
	// patientLooks is how many counts in a row have to find more than the one before, above the limit,
	// until background processes are taken for the cause.
	patientLooks = 3
	// slack is how many files past twice the limit are counted when the true figure is wanted.
	slack = 100_000
)

// monitor counts the workspace while processes run and kills those under which it passes a limit.
//
// A command is killed when the workspace holds more than it may and more than it did when the
// command started, so that a full workspace can still be cleaned up.
type monitor struct {
	space *workspace.Workspace
	table *process.Table
	wake  chan struct{}

	mu       sync.Mutex
	commands map[*watched]struct{}
	changes  uint64 // how often something happened
	counted  uint64 // how much of that the last complete count has seen

	// Of run alone.
	previous workspace.Counts
	growing  int
}

// watched is one running command.
type watched struct {
	m       *monitor
	command *process.Command
	base    workspace.Counts
	based   bool // base is what there was at the start, and not only a part of it
}

func newMonitor(space *workspace.Workspace, table *process.Table) *monitor {
	return &monitor{space: space, table: table, wake: make(chan struct{}, 1), commands: map[*watched]struct{}{}}
}

// begin notes that a command is about to start.
func (m *monitor) begin() *watched {
	base := m.space.Known()
	if base.Partial {
		// The workspace was over its limit when it was counted, and may have been cleaned up since.
		// Without the true figure the command could not be told from who filled it.
		m.settle()
		base = m.space.Known()
	}
	w := &watched{m: m, base: base, based: !base.Partial}
	m.mu.Lock()
	m.commands[w] = struct{}{}
	m.changes++
	m.mu.Unlock()
	m.poke()
	return w
}

// started names the command.
func (w *watched) started(c *process.Command) {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	w.command = c
}

// ended notes that the command's main process is gone. Does not block.
func (w *watched) ended() {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	delete(w.m.commands, w)
	w.m.changes++
}

// makeRoom kills the background processes when they hold every process that the sandbox may have,
// as a fork bomb does: a sandbox that can run nothing any more is of no use to its owner. It does
// nothing, and says so, while another command runs, whose processes they may be.
func (w *watched) makeRoom() bool {
	w.m.mu.Lock()
	alone := len(w.m.commands) == 1
	w.m.mu.Unlock()
	if alone {
		w.m.table.KillAll()
	}
	return alone
}

// touched asks for a new count.
func (m *monitor) touched() {
	m.mu.Lock()
	m.changes++
	m.mu.Unlock()
	m.poke()
}

func (m *monitor) poke() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// run is the monitor's goroutine. It sleeps while nothing runs and nothing has happened.
func (m *monitor) run() {
	// rest is how long the cost of the last count forbids the next.
	var rest time.Duration
	for range m.wake {
		pause := longer(firstLook, rest)
		for active := true; active; {
			m.wait(pause, rest)
			before := time.Now()
			m.look()
			rest = time.Since(before) * costFactor
			pause, active = m.next(rest)
		}
	}
}

// wait waits for the pause, or less when a command starts meanwhile.
func (m *monitor) wait(pause, rest time.Duration) {
	began := time.Now()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.wake:
		passed := time.Since(began)
		if sooner := longer(firstLook, rest-passed); sooner < pause-passed {
			timer.Reset(sooner)
		}
		<-timer.C
	}
}

// next says how long to wait before the next count, and whether there is one without a new event.
func (m *monitor) next(rest time.Duration) (pause time.Duration, active bool) {
	m.mu.Lock()
	busy, changed := len(m.commands) > 0, m.changes != m.counted
	m.mu.Unlock()
	switch {
	case unlimited(m.space.Limits()):
		return 0, false
	case busy, changed:
		return longer(shortestPause, rest), true
	case m.table.HasChildren():
		return longer(backgroundPause, rest), true
	}
	return 0, false
}

func unlimited(l workspace.Limits) bool {
	return l.Bytes == math.MaxUint64 && l.Files == math.MaxUint64
}

// look counts once and judges.
func (m *monitor) look() {
	limits := m.space.Limits()
	if unlimited(limits) {
		return
	}
	stop, seen := m.stopAt(limits)
	counts := m.space.Recount(stop)
	over := counts.OverBytes(limits) || counts.OverFiles(limits)
	killed := m.judge(counts, limits, seen)
	// What a command did that was killed for it is not held against background processes.
	if over && !killed && more(counts, m.previous) {
		m.growing++
	} else {
		m.growing = 0
	}
	m.previous = counts
	if m.growing >= patientLooks {
		m.growing = 0
		m.table.KillAll()
	}
}

// stopAt says how far to count: to the limit, to what running commands started with, and to what
// was there the last time. When that is not known, or nothing runs that could be judged, as far as
// is affordable. It also says which changes the count will have seen.
func (m *monitor) stopAt(limits workspace.Limits) (stop workspace.Limits, seen uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stop = limits
	exact := len(m.commands) == 0
	raise := func(c workspace.Counts) {
		stop.Bytes = max(stop.Bytes, c.Bytes)
		stop.Files = max(stop.Files, max(c.Files, c.Dirs))
	}
	for w := range m.commands {
		exact = exact || !w.based
		raise(w.base)
	}
	raise(m.previous)
	if exact {
		stop.Bytes = math.MaxUint64
		stop.Files = max(stop.Files, affordable(limits).Files)
	}
	return stop, m.changes
}

// affordable is how far a count goes that is not to stop at the limit.
func affordable(limits workspace.Limits) workspace.Limits {
	stop := workspace.Limits{Bytes: math.MaxUint64, Files: limits.Files}
	if limits.Files < math.MaxUint64/4 {
		stop.Files = limits.Files*2 + slack
	}
	return stop
}

// settle brings what is known of the workspace up to date, when processes may have changed it since
// it was counted: an upload is judged by what there is, not by what there was.
func (m *monitor) settle() {
	limits := m.space.Limits()
	m.mu.Lock()
	stale := m.changes != m.counted || len(m.commands) > 0
	m.mu.Unlock()
	if unlimited(limits) || !stale && !m.table.HasChildren() {
		return
	}
	onDisk(func() { m.space.Recount(affordable(limits)) })
}

// judge kills the commands that passed a limit, and tells whether there were any.
func (m *monitor) judge(counts workspace.Counts, limits workspace.Limits, seen uint64) (killed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counted = seen
	for w := range m.commands {
		if !w.based {
			w.base, w.based = counts, true
			continue
		}
		var flags uint8
		if counts.OverBytes(limits) && counts.Bytes > w.base.Bytes {
			flags |= protocol.ExitWorkspaceBytes
		}
		if counts.OverFiles(limits) && (counts.Files > w.base.Files || counts.Dirs > w.base.Dirs) {
			flags |= protocol.ExitWorkspaceFiles
		}
		if flags != 0 && w.command != nil {
			w.command.Terminate(flags)
			killed = true
		}
	}
	return killed
}

func more(a, b workspace.Counts) bool {
	return a.Bytes > b.Bytes || a.Files > b.Files || a.Dirs > b.Dirs
}

func longer(a, b time.Duration) time.Duration {
	if a > b {
		return a
	}
	return b
}

func max(a, b uint64) uint64 {
	if a > b {
		return a
	}
	return b
}
