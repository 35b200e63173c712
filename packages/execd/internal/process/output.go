package process

import (
	"os"
	"sync"
	"syscall"
	"unsafe"

	"sandbox-system/execd/internal/protocol"
)

const (
	unknown = ^uint64(0)
	// spliceChunk is how much is thrown away in one go: the size of a pipe.
	spliceChunk = 65536
)

// output moves one of a command's output pipes to the host: what fits the limit is sent as credit
// allows, what passes it is dropped and counted. Once the main process has ended, it stops at the
// byte that was the last in the pipe then, and throws away what background children still write,
// for as long as they hold the pipe.
type output struct {
	c    *Command
	kind protocol.Type
	file *os.File
	pipe syscall.RawConn

	mu sync.Mutex
	// consumed bytes were taken off the pipe; end is the count at which the command's output ends.
	consumed, end uint64
	limit         uint64
	dropped       uint64
	inFlight      bool // a chunk was read and is being sent
	abandoned     bool // what is left is dropped rather than sent
	done          bool // all that belongs to the command was dealt with
	eof           bool
}

func newOutput(c *Command, kind protocol.Type, fd int, limit uint64) (*output, error) {
	file := os.NewFile(uintptr(fd), "pipe")
	pipe, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &output{c: c, kind: kind, file: file, pipe: pipe, limit: limit, end: unknown}, nil
}

// chunk is what one look at the pipe gave.
type chunk struct {
	buf       []byte // nil: nothing to send
	n         int
	completes bool // the command's output on this pipe ends here
	noCredit  bool
}

// run is the goroutine of the pipe.
func (o *output) run() {
	defer o.file.Close()
	for {
		ch, ok := o.next()
		if !ok {
			if o.finish() {
				o.c.outputDone(nil)
			}
			return
		}
		switch {
		case ch.noCredit:
			// A closed credit lets the next look see that the output was abandoned.
			if !o.c.sink.Credit().Wait() && o.abandon() {
				o.c.outputDone(nil)
			}
		case ch.buf != nil:
			o.deliver(ch)
		case ch.completes:
			o.c.outputDone(nil)
		}
	}
}

// finish marks the output as done and tells whether it was not before.
func (o *output) finish() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.eof = true
	first := !o.done
	o.done = true
	return first
}

func (o *output) deliver(ch chunk) {
	frame := ch.buf[:protocol.HeaderSize+ch.n]
	protocol.PutHeader(frame, protocol.Header{Length: uint32(ch.n), Type: o.kind, Stream: o.c.sink.ID()})
	if ch.completes {
		o.c.outputDone(frame)
	} else {
		o.c.sink.Send(frame)
	}
	o.c.env.Buffers.Put(ch.buf)
	o.mu.Lock()
	o.inFlight = false
	completes := !ch.completes && o.settle()
	o.mu.Unlock()
	if completes {
		o.c.outputDone(nil)
	}
}

// next waits for the pipe and takes what it may. ok is false at the end of the pipe.
func (o *output) next() (ch chunk, ok bool) {
	ok = true
	err := o.pipe.Read(func(fd uintptr) bool {
		var buf []byte
		if !o.dropping() {
			buf = o.c.env.Buffers.Get()
		}
		o.mu.Lock()
		var errno syscall.Errno
		if buf != nil && !o.droppingLocked() {
			ch, errno = o.read(int(fd), buf)
		} else {
			ch, errno = o.drop(int(fd))
		}
		o.mu.Unlock()
		if ch.buf == nil && buf != nil {
			o.c.env.Buffers.Put(buf)
		}
		switch {
		case errno == syscall.EAGAIN:
			return false
		case errno != 0 && errno != syscall.EINTR, o.eof:
			ok = false
		}
		return true
	})
	return ch, ok && err == nil
}

// dropping tells whether the next bytes are to be thrown away.
func (o *output) dropping() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.droppingLocked()
}

func (o *output) droppingLocked() bool { return o.done || o.abandoned || o.consumed >= o.limit }

// available bounds max to what belongs to the command.
func (o *output) available(max uint64) uint64 {
	if !o.done && o.end != unknown && o.end-o.consumed < max {
		return o.end - o.consumed
	}
	return max
}

func (o *output) read(fd int, buf []byte) (chunk, syscall.Errno) {
	max := o.available(protocol.MaxData)
	if left := o.limit - o.consumed; left < max {
		max = left
	}
	credit := o.c.sink.Credit()
	taken := credit.Take(max)
	if taken == 0 {
		return chunk{noCredit: true}, 0
	}
	n, errno := rawRead(fd, buf[protocol.HeaderSize:protocol.HeaderSize+taken])
	credit.Grant(taken - uint64(n))
	if errno != 0 {
		return chunk{}, errno
	}
	if n == 0 {
		o.eof = true
		return chunk{}, 0
	}
	o.consumed += uint64(n)
	ch := chunk{buf: buf, n: n, completes: o.settle()}
	o.inFlight = true
	return ch, 0
}

func (o *output) drop(fd int) (chunk, syscall.Errno) {
	n, errno := discard(fd, o.c.env.DevNull, o.available(spliceChunk))
	if errno != 0 {
		return chunk{}, errno
	}
	if n == 0 {
		o.eof = true
		return chunk{}, 0
	}
	o.consumed += uint64(n)
	if !o.done {
		o.dropped += uint64(n)
	}
	return chunk{completes: o.settle()}, 0
}

// settle tells whether the output is done with what was consumed, and marks it so, once.
func (o *output) settle() bool {
	if o.done || o.inFlight || o.end == unknown {
		return false
	}
	if o.abandoned && o.end > o.consumed {
		o.dropped += o.end - o.consumed
	} else if o.consumed < o.end {
		return false
	}
	o.done = true
	return true
}

// mainExited fixes the end of the output and tells whether it was reached already. It runs in the
// reaper and does not block: the lock is never held over anything that waits.
func (o *output) mainExited() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return false
	}
	o.end = o.consumed
	_ = o.pipe.Control(func(fd uintptr) { o.end += uint64(unread(int(fd))) })
	return o.settle()
}

// abandon makes the output drop what it has not sent; it tells whether that completed it. Without
// a main process's end the pipe's present content counts as the rest.
func (o *output) abandon() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.abandoned = true
	return o.settle()
}

// waste takes what is read to be thrown away. It is shared, and never read.
var waste [spliceChunk]byte

func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// unread returns how many bytes a pipe holds.
func unread(fd int) int {
	var n int32
	_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
	if errno != 0 || n < 0 {
		return 0
	}
	return int(n)
}

// discard throws away up to max bytes of a pipe inside the kernel, and where that cannot be done
// by reading them.
func discard(fd, devNull int, max uint64) (int, syscall.Errno) {
	const nonBlocking = 2 // SPLICE_F_NONBLOCK
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SPLICE, uintptr(fd), 0, uintptr(devNull), 0, uintptr(max), nonBlocking)
	switch errno {
	case 0:
		return int(n), 0
	case syscall.EINVAL, syscall.ENOSYS:
		return rawRead(fd, waste[:max])
	}
	return 0, errno
}
