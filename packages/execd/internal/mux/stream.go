package mux

import (
	"sandbox-system/execd/internal/flow"
	"sandbox-system/execd/internal/protocol"
)

// Input is which data the host may send on a stream.
type Input uint8

const (
	// NoInput: none.
	NoInput Input = iota
	// StdinInput: STDIN and STDIN_END.
	StdinInput
	// DataInput: DATA and DATA_END.
	DataInput
)

// Stream is one operation's share of a connection. After its terminal frame, sending does nothing.
type Stream struct {
	id     uint32
	conn   *Conn
	input  Input
	credit *flow.Credit
	inbox  *flow.Inbox
	op     Operation
}

// Bind tells the stream what runs on it. It is called by the goroutine that calls Conn.Receive.
func (s *Stream) Bind(op Operation) { s.op = op }

// ID is the stream's number on its connection.
func (s *Stream) ID() uint32 { return s.id }

// Credit is what may still be sent of data.
func (s *Stream) Credit() *flow.Credit { return s.credit }

// Inbox holds the data that has arrived; nil on a stream without input.
func (s *Stream) Inbox() *flow.Inbox { return s.inbox }

// Send sends a complete frame, waiting while the connection's queue is full.
func (s *Stream) Send(frame []byte) { s.conn.out.Send(frame) }

// SendMessage encodes and sends a message.
func (s *Stream) SendMessage(m protocol.Message) { s.Send(protocol.AppendFrame(nil, s.id, m)) }

// SendLast sends bytes that end with the terminal frame and closes the stream.
func (s *Stream) SendLast(frames []byte) {
	s.conn.remove(s)
	s.conn.out.Send(frames)
}

// Finish sends the terminal frame without waiting, and closes the stream.
func (s *Stream) Finish(frame []byte) {
	s.conn.remove(s)
	s.conn.out.Post(frame)
}

// FinishMessage encodes the terminal frame and finishes with it.
func (s *Stream) FinishMessage(m protocol.Message) { s.Finish(protocol.AppendFrame(nil, s.id, m)) }

// Grant lets the host send more data.
func (s *Stream) Grant(bytes uint32) { s.SendMessage(protocol.Credit{Bytes: bytes}) }

func (s *Stream) release() {
	s.credit.Close()
	if s.inbox != nil {
		s.inbox.Close()
	}
}

func (s *Stream) receive(message protocol.Message) error {
	switch m := message.(type) {
	case protocol.Credit:
		s.credit.Grant(uint64(m.Bytes))
		return nil
	case protocol.Raw:
		if !s.accepts(m.Kind) {
			return protocol.BadOrder
		}
		if !s.inbox.Put(m.Bytes) {
			return protocol.CreditExceeded
		}
		return nil
	}
	switch message.Type() {
	case protocol.TypeCancel:
		if s.op != nil {
			s.op.Cancel()
		}
		return nil
	case protocol.TypeStdinEnd, protocol.TypeDataEnd:
		if !s.accepts(message.Type()) || !s.inbox.End() {
			return protocol.BadOrder
		}
		return nil
	}
	return protocol.BadOrder
}

func (s *Stream) accepts(t protocol.Type) bool {
	switch t {
	case protocol.TypeStdin, protocol.TypeStdinEnd:
		return s.input == StdinInput
	case protocol.TypeData, protocol.TypeDataEnd:
		return s.input == DataInput
	}
	return false
}
