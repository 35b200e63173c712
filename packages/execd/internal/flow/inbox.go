package flow

import "sync"

// Inbox queues the data bytes that arrive on a stream until the operation takes them. It never
// holds more than the window that was granted: a peer that sends more is told so by Put.
type Inbox struct {
	mu      sync.Mutex
	changed sync.Cond
	chunks  [][]byte
	// granted is how many more bytes the peer may send; owed is what was taken and not granted anew.
	granted, owed, window uint64
	ended, closed         bool
}

// NewInbox returns an empty inbox whose peer holds window bytes of credit.
func NewInbox(window uint64) *Inbox {
	in := &Inbox{granted: window, window: window}
	in.changed.L = &in.mu
	return in
}

// Put copies data in. It returns false when the peer passed its credit or had ended the data before.
func (in *Inbox) Put(data []byte) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return true
	}
	if in.ended || uint64(len(data)) > in.granted {
		return false
	}
	in.granted -= uint64(len(data))
	// Small frames are gathered, so that the overhead of a chunk cannot multiply the window.
	if n := len(in.chunks); n > 0 && cap(in.chunks[n-1])-len(in.chunks[n-1]) >= len(data) {
		in.chunks[n-1] = append(in.chunks[n-1], data...)
	} else {
		const smallest = 4096
		size := len(data)
		if size < smallest && n > 0 {
			size = smallest
		}
		in.chunks = append(in.chunks, append(make([]byte, 0, size), data...))
	}
	in.changed.Signal()
	return true
}

// End marks the end of the data. It returns false when it was marked before.
func (in *Inbox) End() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ended {
		return in.closed
	}
	in.ended = true
	in.changed.Signal()
	return true
}

// Take waits for the next chunk. It returns nil and true at the end of the data, nil and false once
// the inbox is closed.
func (in *Inbox) Take() (chunk []byte, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.chunks) == 0 && !in.ended && !in.closed {
		in.changed.Wait()
	}
	if in.closed {
		return nil, false
	}
	if len(in.chunks) == 0 {
		return nil, true
	}
	chunk = in.chunks[0]
	in.chunks[0] = nil
	in.chunks = in.chunks[1:]
	return chunk, true
}

// Consumed notes that bytes that were taken have left memory, and returns the credit to grant for
// them now: 0, or at least a quarter of the window, so that small chunks do not cost a frame each.
func (in *Inbox) Consumed(bytes int) uint32 {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.owed += uint64(bytes)
	if in.closed || in.ended || in.owed == 0 || in.owed < in.window/4 {
		return 0
	}
	grant := in.owed
	in.owed = 0
	in.granted += grant
	return uint32(grant)
}

// Close drops what is queued and all that still comes.
func (in *Inbox) Close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.chunks = nil
	in.changed.Broadcast()
}
