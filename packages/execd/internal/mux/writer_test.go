package mux

import (
	"encoding/binary"
	"io"
	"os"
	"sync"
	"syscall"
	"testing"
)

// socketPair returns a writer and the other end of its socket.
func socketPair(t *testing.T) (*Writer, *os.File) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	w, err := NewWriter(near)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		near.Close()
		far.Close()
	})
	return w, far
}

// frame is 8 bytes of sender and number, and size bytes more.
func frame(sender, number uint32, size int) []byte {
	b := make([]byte, 8+size)
	binary.BigEndian.PutUint32(b, sender)
	binary.BigEndian.PutUint32(b[4:], number)
	return b
}

func TestWriterKeepsFramesWholeAndInOrder(t *testing.T) {
	const senders, frames, size = 8, 400, 3000
	w, far := socketPair(t)
	var sending sync.WaitGroup
	for s := uint32(0); s < senders; s++ {
		sending.Add(1)
		go func(s uint32) {
			defer sending.Done()
			for n := uint32(0); n < frames; n++ {
				if n%10 == 9 {
					w.Post(frame(s, n, size))
				} else {
					w.Send(frame(s, n, size))
				}
			}
		}(s)
	}
	var next [senders]uint32
	buf := make([]byte, 8+size)
	for i := 0; i < senders*frames; i++ {
		if _, err := io.ReadFull(far, buf); err != nil {
			t.Fatal(err)
		}
		s, n := binary.BigEndian.Uint32(buf), binary.BigEndian.Uint32(buf[4:])
		if s >= senders || next[s] != n {
			t.Fatalf("frame %d of sender %d", n, s)
		}
		next[s]++
	}
	sending.Wait()
}

func TestWriterBoundsItsQueueAndCloseReleasesSenders(t *testing.T) {
	w, _ := socketPair(t) // nobody reads
	var sending sync.WaitGroup
	for s := uint32(0); s < 8; s++ {
		sending.Add(1)
		go func(s uint32) {
			defer sending.Done()
			for n := uint32(0); n < 100; n++ {
				w.Send(frame(s, n, 60000))
				w.mu.Lock()
				if len(w.queue) > highWater+60008 {
					t.Errorf("%d bytes are queued", len(w.queue))
				}
				w.mu.Unlock()
			}
		}(s)
	}
	// 48 MB are not going to fit: the senders wait until they are let go.
	w.Post(frame(9, 9, 0))
	w.Close()
	sending.Wait()
	w.Send(frame(0, 0, 10))
	w.Post(frame(0, 0, 10))
}

func TestWriterOutlivesALostPeer(t *testing.T) {
	w, far := socketPair(t)
	far.Close()
	for n := uint32(0); n < 100; n++ {
		w.Send(frame(0, n, 60000))
	}
	w.Close()
	w.Drain()
}
