package agent

import (
	"sync"
	"time"
)

// firstWord is how long an agent that was never welcomed waits for a host's next byte.
const firstWord = time.Minute

// orphanWatch ends an agent whose host has gone silent: a sandbox without an owner ends itself.
type orphanWatch struct {
	expired func()

	mu      sync.Mutex
	timeout time.Duration // 0: never
	last    time.Time
	second  bool // the time is up, and the second look is due
	timer   *time.Timer
}

func newOrphanWatch(expired func()) *orphanWatch {
	w := &orphanWatch{expired: expired, timeout: firstWord, last: time.Now()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.timeout, w.look)
	return w
}

// heard notes that something has arrived. The timer is left alone: it looks at the time when it fires.
func (w *orphanWatch) heard() {
	w.mu.Lock()
	w.last = time.Now()
	w.second = false
	w.mu.Unlock()
}

// set replaces the timeout; 0 turns the watch off.
func (w *orphanWatch) set(timeout time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timeout = timeout
	w.timer.Stop()
	if timeout > 0 {
		w.timer.Reset(timeout)
	}
}

func (w *orphanWatch) look() {
	w.mu.Lock()
	silent := time.Since(w.last)
	switch {
	case w.timeout == 0:
	case silent < w.timeout:
		w.timer.Reset(w.timeout - silent)
	case !w.second:
		// A container that was frozen wakes up with its time over and the host's bytes unread. They
		// are given the chance to be read.
		w.second = true
		w.timer.Reset(secondLook(w.timeout))
	default:
		defer w.expired()
	}
	w.mu.Unlock()
}

func secondLook(timeout time.Duration) time.Duration {
	const longest = time.Second
	if timeout/4 < longest {
		return timeout / 4
	}
	return longest
}
