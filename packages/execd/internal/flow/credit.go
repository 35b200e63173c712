// Package flow bounds memory: credit for what may be sent, pooled buffers for what is read, and a
// bounded inbox for what arrives.
package flow

import "sync"

// Credit is how many data bytes one end may still send on a stream. Safe for concurrent use.
type Credit struct {
	mu      sync.Mutex
	changed sync.Cond
	bytes   uint64
	closed  bool
}

// NewCredit returns a credit of the given number of bytes.
func NewCredit(bytes uint64) *Credit {
	c := &Credit{bytes: bytes}
	c.changed.L = &c.mu
	return c
}

// Take takes up to max bytes of credit without waiting and returns how many it got.
func (c *Credit) Take(max uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0
	}
	if max > c.bytes {
		max = c.bytes
	}
	c.bytes -= max
	return max
}

// Grant adds bytes, which also serves to give back what was taken and not used.
func (c *Credit) Grant(bytes uint64) {
	if bytes == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes+bytes < c.bytes {
		c.bytes = ^uint64(0)
	} else {
		c.bytes += bytes
	}
	c.changed.Broadcast()
}

// Wait blocks until there is credit and returns true, or false once the credit is closed.
func (c *Credit) Wait() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.bytes == 0 && !c.closed {
		c.changed.Wait()
	}
	return !c.closed
}

// Close ends the credit: nothing can be taken any more and nobody waits.
func (c *Credit) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.changed.Broadcast()
}
