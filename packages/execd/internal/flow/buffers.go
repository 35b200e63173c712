package flow

import "sandbox-system/execd/internal/protocol"

const (
	// tail is room for a terminal frame behind the data, so that both go out in one write.
	tail = 64
	// BufferSize holds a frame header, the largest data payload and a terminal frame.
	BufferSize = protocol.HeaderSize + protocol.MaxData + tail
	// maxBuffers bounds the memory of all outgoing data to 1 MiB: a reader of a pipe or a file that
	// finds no buffer waits for the host to take what is there.
	maxBuffers = 16
)

// Buffers is a pool of buffers of BufferSize bytes, at most maxBuffers of them, made as needed.
type Buffers struct {
	free  chan []byte
	token chan struct{}
}

// NewBuffers returns an empty pool.
func NewBuffers() *Buffers {
	return &Buffers{free: make(chan []byte, maxBuffers), token: make(chan struct{}, maxBuffers)}
}

// Get returns a buffer, waiting for one when all are in use.
func (b *Buffers) Get() []byte {
	select {
	case buf := <-b.free:
		return buf
	default:
	}
	select {
	case buf := <-b.free:
		return buf
	case b.token <- struct{}{}:
		return make([]byte, BufferSize)
	}
}

// Put gives a buffer back.
func (b *Buffers) Put(buf []byte) { b.free <- buf[:BufferSize] }
