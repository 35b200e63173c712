package protocol

import "encoding/binary"

// Violation is a breach of the protocol by the peer. Its text is one of the constants below,
// which the shared vectors (testdata/vectors.json) use as well.
type Violation string

func (v Violation) Error() string { return "protocol violation: " + string(v) }

const (
	// ShortPayload: the payload ends before a field of fixed size does.
	ShortPayload Violation = "short-payload"
	// InnerLength: a length or a count inside the payload passes its end.
	InnerLength Violation = "inner-length"
	// TrailingBytes: the payload goes on after its last field.
	TrailingBytes Violation = "trailing-bytes"
	// Oversize: the header's length passes the maximum for its type.
	Oversize Violation = "oversize"
	// EmptyData: a data frame without bytes.
	EmptyData Violation = "empty-data"
	// UnknownType: a type byte that version 1 does not define.
	UnknownType Violation = "unknown-type"
	// BadDirection: a type that only the other end sends.
	BadDirection Violation = "bad-direction"
	// BadStream: a connection frame off stream 0, an operation frame on it, or a stream id that
	// was never opened.
	BadStream Violation = "bad-stream"
	// BadValue: a field holds what the protocol does not allow.
	BadValue Violation = "bad-value"
	// BadOrder: a frame that the connection's or the stream's state does not allow.
	BadOrder Violation = "bad-order"
	// CreditExceeded: more data bytes than were granted.
	CreditExceeded Violation = "credit-exceeded"
)

// Header is the fixed part of a frame.
type Header struct {
	Length uint32
	Type   Type
	Stream uint32
}

// ParseHeader reads a header from the first HeaderSize bytes of b and checks everything that can be
// told without the payload, so that nothing is read or allocated for a frame that is refused.
func ParseHeader(b []byte, from Sender) (Header, error) {
	h := Header{
		Length: binary.BigEndian.Uint32(b),
		Type:   Type(b[4]),
		Stream: binary.BigEndian.Uint32(b[5:]),
	}
	k := &kinds[h.Type]
	switch {
	case h.Length > MaxPayload:
		return h, Oversize
	case k.name == "":
		return h, UnknownType
	case k.from&from == 0:
		return h, BadDirection
	case k.connection != (h.Stream == 0):
		return h, BadStream
	case k.data && h.Length > MaxData:
		return h, Oversize
	case k.data && h.Length == 0:
		return h, EmptyData
	}
	return h, nil
}

// PutHeader writes a header into the first HeaderSize bytes of b. The length must not pass MaxPayload.
func PutHeader(b []byte, h Header) {
	binary.BigEndian.PutUint32(b, h.Length)
	b[4] = byte(h.Type)
	binary.BigEndian.PutUint32(b[5:], h.Stream)
}

// Message is the payload of a frame that is not raw data.
type Message interface {
	// Type is the frame type that carries this message.
	Type() Type
	// appendTo appends the encoded payload to b.
	appendTo(b []byte) []byte
}

// AppendFrame appends the frame that carries m on the stream to b and returns the result.
func AppendFrame(b []byte, stream uint32, m Message) []byte {
	start := len(b)
	b = append(b, make([]byte, HeaderSize)...)
	b = m.appendTo(b)
	PutHeader(b[start:], Header{Length: uint32(len(b) - start - HeaderSize), Type: m.Type(), Stream: stream})
	return b
}
