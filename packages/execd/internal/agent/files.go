package agent

import (
	"sync/atomic"
	"syscall"

	"sandbox-system/execd/internal/flow"
	"sandbox-system/execd/internal/mux"
	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/workspace"
)

// fileOp is a file operation on its stream. It runs in a goroutine of its own, because a disk can
// make it wait.
type fileOp struct {
	stream  *mux.Stream
	space   *workspace.Workspace
	buffers *flow.Buffers
	// touched says that something changed, settle has it counted.
	touched, settle func()
	stopped         atomic.Bool
}

// Cancel makes the operation fail with CodeCancelled at its next step.
func (op *fileOp) Cancel() {
	op.stopped.Store(true)
	op.stream.Credit().Close()
	if in := op.stream.Inbox(); in != nil {
		in.Close()
	}
}

// Detach does the same; nobody hears of the failure.
func (op *fileOp) Detach() { op.Cancel() }

// diskSlots is how many file operations may be in the kernel at once: each of them holds a thread.
const diskSlots = 4

var disk = make(chan struct{}, diskSlots)

// onDisk does what may wait for a disk, when it is its turn. It must not wait for the host.
func onDisk(f func()) {
	disk <- struct{}{}
	defer func() { <-disk }()
	f()
}

var errCancelled = protocol.Error{Code: protocol.CodeCancelled, Message: "cancelled"}

// file decodes a file operation and starts it.
func (s *session) file(h protocol.Header, payload []byte) error {
	message, err := protocol.Decode(h.Type, payload)
	if err != nil {
		return err
	}
	input := mux.NoInput
	if h.Type == protocol.TypeWrite {
		input = mux.DataInput
	}
	stream, err := s.open(h.Stream, input)
	if stream == nil {
		return err
	}
	op := &fileOp{
		stream: stream, space: s.agent.space, buffers: s.agent.Env.Buffers, touched: s.agent.monitor.touched,
		settle: s.agent.monitor.settle,
	}
	stream.Bind(op)
	go op.run(message)
	return nil
}

func (op *fileOp) run(message protocol.Message) {
	last, err := op.do(message)
	if err != nil {
		last = workspace.Failure(err)
	}
	op.stream.FinishMessage(last)
}

// do performs the operation and returns its terminal message.
func (op *fileOp) do(message protocol.Message) (protocol.Message, error) {
	switch m := message.(type) {
	case protocol.Read:
		return protocol.Done, op.read(m)
	case protocol.Write:
		entry, err := op.write(m)
		return protocol.Written{Entry: entry}, err
	case protocol.List:
		return protocol.Done, op.list(m)
	case protocol.Stat:
		entry, err := op.space.Stat(m.Path)
		if err == nil {
			op.stream.SendMessage(protocol.FileInfo{Entry: entry})
		}
		return protocol.Done, err
	case protocol.Mkdir:
		return protocol.Done, op.space.Mkdir(m.Path)
	case protocol.Remove:
		var err error
		onDisk(func() { err = op.space.Remove(m.Path, m.Recursive != 0, op.stopped.Load) })
		op.touched()
		return protocol.Done, err
	}
	return nil, syscall.EINVAL
}

// list sends a listing. Its turn on the disk is given up while a batch waits for the host.
func (op *fileOp) list(m protocol.List) (err error) {
	onDisk(func() {
		err = op.space.List(m.Path, m.MaxEntries, op.stopped.Load, func(entries []protocol.Entry) {
			<-disk
			op.stream.SendMessage(protocol.Entries{Entries: entries})
			disk <- struct{}{}
		})
	})
	return err
}

// read sends the part of a file that was asked for. It never sends more than the size in FILE_INFO
// leaves for it, and less when the file shrinks meanwhile.
func (op *fileOp) read(m protocol.Read) error {
	fd, entry, err := op.space.OpenRead(m.Path)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	op.stream.SendMessage(protocol.FileInfo{Entry: entry})
	if m.Offset >= entry.Size {
		return nil
	}
	left := entry.Size - m.Offset
	if m.Length < left {
		left = m.Length
	}
	for at := int64(m.Offset); left > 0; {
		n, err := op.readChunk(fd, at, left)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		at += int64(n)
		left -= uint64(n)
	}
	return nil
}

// readChunk sends one data frame, and returns 0 at the end of the file.
func (op *fileOp) readChunk(fd int, at int64, left uint64) (int, error) {
	credit := op.stream.Credit()
	if left > protocol.MaxData {
		left = protocol.MaxData
	}
	taken := credit.Take(left)
	for taken == 0 {
		if !credit.Wait() {
			return 0, errCancelled
		}
		taken = credit.Take(left)
	}
	buf := op.buffers.Get()
	defer op.buffers.Put(buf)
	var n int
	var err error
	onDisk(func() { n, err = syscall.Pread(fd, buf[protocol.HeaderSize:protocol.HeaderSize+int(taken)], at) })
	if err != nil || n <= 0 {
		return 0, err
	}
	credit.Grant(taken - uint64(n))
	protocol.PutHeader(buf, protocol.Header{Length: uint32(n), Type: protocol.TypeData, Stream: op.stream.ID()})
	op.stream.Send(buf[:protocol.HeaderSize+n])
	return n, nil
}

// write takes an upload to its end. Whatever fails, nothing is left behind.
func (op *fileOp) write(m protocol.Write) (entry protocol.Entry, err error) {
	op.settle()
	upload, err := op.space.Create(m)
	if err != nil {
		return entry, err
	}
	defer upload.Abort()
	inbox := op.stream.Inbox()
	for {
		chunk, ok := inbox.Take()
		if !ok {
			return entry, errCancelled
		}
		if chunk == nil {
			break
		}
		if upload.Size()+uint64(len(chunk)) > m.ExpectedBytes {
			return entry, errSize
		}
		if onDisk(func() { err = upload.Write(chunk) }); err != nil {
			return entry, err
		}
		if grant := inbox.Consumed(len(chunk)); grant > 0 {
			op.stream.Grant(grant)
		}
	}
	if m.ExpectedBytes != protocol.Unlimited && upload.Size() != m.ExpectedBytes {
		return entry, errSize
	}
	return upload.Commit()
}

var errSize = protocol.Error{Code: protocol.CodeIO, Message: "the upload is not of the size that was announced"}
