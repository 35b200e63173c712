package mux

import (
	"sync"

	"sandbox-system/execd/internal/flow"
	"sandbox-system/execd/internal/protocol"
)

// Operation is what runs on a stream.
type Operation interface {
	// Cancel stops it on the host's request: its terminal frame still follows. Must not block.
	Cancel()
	// Detach stops it because the connection is lost. Must not block.
	Detach()
}

// Conn is the streams of one connection. Open and Receive are called by one goroutine, in the
// order in which the frames arrive; streams are closed from any.
type Conn struct {
	out    *Writer
	window uint32

	mu      sync.Mutex
	streams map[uint32]*Stream
	last    uint32
	lost    bool
}

// NewConn returns a connection without streams.
func NewConn(out *Writer, window uint32) *Conn {
	return &Conn{out: out, window: window, streams: map[uint32]*Stream{}}
}

// Open makes the stream of an operation that the host opens. It fails with BadStream when the id
// was used before; it returns nil without an error when too many streams are open.
func (c *Conn) Open(id uint32, input Input) (*Stream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id <= c.last {
		return nil, protocol.BadStream
	}
	c.last = id
	if len(c.streams) >= protocol.MaxStreams {
		return nil, nil
	}
	s := &Stream{id: id, conn: c, input: input, credit: flow.NewCredit(uint64(c.window))}
	if input != NoInput {
		s.inbox = flow.NewInbox(uint64(c.window))
	}
	c.streams[id] = s
	return s, nil
}

// Receive handles a frame of a stream that is open or was; any other id is a violation.
func (c *Conn) Receive(h protocol.Header, payload []byte) error {
	message, err := protocol.Decode(h.Type, payload)
	if err != nil {
		return err
	}
	c.mu.Lock()
	s := c.streams[h.Stream]
	known := h.Stream <= c.last
	c.mu.Unlock()
	switch {
	case s != nil:
		return s.receive(message)
	case known:
		return nil // it crossed the terminal frame on the way
	}
	return protocol.BadStream
}

// Lose ends all streams without a word: the connection is gone.
func (c *Conn) Lose() {
	c.mu.Lock()
	c.lost = true
	streams := c.streams
	c.streams = map[uint32]*Stream{}
	c.mu.Unlock()
	for _, s := range streams {
		s.release()
		if s.op != nil {
			s.op.Detach()
		}
	}
}

func (c *Conn) remove(s *Stream) {
	c.mu.Lock()
	delete(c.streams, s.id)
	c.mu.Unlock()
	s.release()
}
