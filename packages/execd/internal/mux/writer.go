// Package mux shares one connection among its streams: frames out through a bounded queue, frames
// in to the stream that they belong to.
package mux

import (
	"os"
	"sync"
	"syscall"
)

// highWater is how many bytes wait in the writer before senders do. Two data frames keep the
// connection busy while the next is read.
const highWater = 128 << 10

// Writer writes frames to a descriptor, whole and in order. A frame goes out in the caller's own
// write as long as the descriptor takes it; what it does not take is written by a goroutine that
// lives until the queue is empty.
type Writer struct {
	file *os.File
	raw  syscall.RawConn

	mu       sync.Mutex
	room     sync.Cond
	queue    []byte
	flushing bool
	closed   bool
}

// NewWriter returns a writer on a file, which should not block (a blocking one works, and blocks the senders).
func NewWriter(file *os.File) (*Writer, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, raw: raw}
	w.room.L = &w.mu
	return w, nil
}

// Send queues a frame, waiting while the queue is full. After Close it does nothing: whoever still
// sends on a lost connection is told by other means.
func (w *Writer) Send(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) >= highWater && !w.closed {
		w.room.Wait()
	}
	w.put(frame)
}

// Post queues a frame without waiting for room. It is for terminal frames, of which each stream has one.
func (w *Writer) Post(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(frame)
}

func (w *Writer) put(frame []byte) {
	if w.closed {
		return
	}
	if !w.flushing {
		frame = frame[w.tryWrite(frame):]
		if len(frame) == 0 {
			return
		}
		w.flushing = true
		go w.flush()
	}
	w.queue = append(w.queue, frame...)
}

// tryWrite writes what the descriptor takes at once. Errors are left to the flush, which meets them again.
func (w *Writer) tryWrite(frame []byte) (n int) {
	_ = w.raw.Write(func(fd uintptr) bool {
		var err error
		for {
			if n, err = syscall.Write(int(fd), frame); err != syscall.EINTR {
				return true
			}
		}
	})
	if n < 0 {
		n = 0
	}
	return n
}

func (w *Writer) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && len(w.queue) > 0 {
		batch := w.queue
		w.queue = nil
		w.room.Broadcast()
		w.mu.Unlock()
		_, err := w.file.Write(batch)
		w.mu.Lock()
		if err != nil {
			w.closed = true
		}
	}
	w.flushing = false
	w.queue = nil
	w.room.Broadcast()
}

// Close drops what is queued and lets all senders go.
func (w *Writer) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.queue = nil
	w.room.Broadcast()
}

// Drain waits until the write that was under way at Close has ended, after which another writer may
// use the same file.
func (w *Writer) Drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.flushing {
		w.room.Wait()
	}
}
