// Package protocol encodes and decodes the frames of the execd protocol, version 1
// (docs/EXECD_PROTOCOL.md). It does no I/O beyond reading a frame from an io.Reader, and it
// trusts no length: every decoder is bounded by the payload that it was given.
package protocol

// Version is the protocol version that this package speaks.
const Version = 1

// Magic opens the payload of HELLO: "SBXA" in ASCII.
const Magic = 0x53425841

const (
	// HeaderSize is the size of a frame's header in bytes: length u32, type u8, stream u32.
	HeaderSize = 9
	// MaxPayload is the largest payload of any frame, in bytes.
	MaxPayload = 262144
	// MaxData is the largest payload of a data frame (STDIN, STDOUT, STDERR, DATA), in bytes.
	MaxData = 65536
	// MaxStreams is how many operations may be open at once on a connection.
	MaxStreams = 64
	// SecretSize is the length in bytes of the secret that WELCOME hands over.
	SecretSize = 32
	// Unlimited stands for "to the end" and "unknown" in u64 fields.
	Unlimited = ^uint64(0)
)

// ResyncMarker starts a new connection on a byte stream that outlives its hosts. It can never be
// a frame header, because its first four bytes read as a length far past MaxPayload.
const ResyncMarker = "\xff\xff\xff\xffSBX-RESYNC-1"

// Type is the type byte of a frame.
type Type uint8

// Frame types. The comment at each names its sender and its stream.
const (
	TypeNop      Type = 0x00 // both, stream 0
	TypeHello    Type = 0x01 // agent, stream 0
	TypeWelcome  Type = 0x02 // host, stream 0
	TypeReady    Type = 0x03 // agent, stream 0
	TypePing     Type = 0x04 // host, stream 0
	TypePong     Type = 0x05 // agent, stream 0
	TypeShutdown Type = 0x06 // host, stream 0
	TypeExec     Type = 0x10 // host, opens a stream
	TypeStdin    Type = 0x11 // host
	TypeStdinEnd Type = 0x12 // host
	TypeCancel   Type = 0x13 // host
	TypeCredit   Type = 0x14 // both
	TypeStdout   Type = 0x21 // agent
	TypeStderr   Type = 0x22 // agent
	TypeExit     Type = 0x23 // agent, terminal
	TypeError    Type = 0x2f // agent, terminal
	TypeRead     Type = 0x30 // host, opens a stream
	TypeWrite    Type = 0x31 // host, opens a stream
	TypeList     Type = 0x32 // host, opens a stream
	TypeStat     Type = 0x33 // host, opens a stream
	TypeMkdir    Type = 0x34 // host, opens a stream
	TypeRemove   Type = 0x35 // host, opens a stream
	TypeFileInfo Type = 0x40 // agent
	TypeData     Type = 0x41 // both
	TypeDone     Type = 0x42 // agent, terminal
	TypeDataEnd  Type = 0x43 // host
	TypeWritten  Type = 0x44 // agent, terminal
	TypeEntries  Type = 0x45 // agent
)

// Sender is one end of a connection, or a set of both.
type Sender uint8

const (
	// FromHost marks frames that the worker sends.
	FromHost Sender = 1 << iota
	// FromAgent marks frames that execd sends.
	FromAgent
)

// kind is what a header alone tells about the legality of a frame.
type kind struct {
	name       string
	from       Sender
	connection bool // belongs on stream 0, and nowhere else
	data       bool // raw bytes, 1 … MaxData of them
}

var kinds = [256]kind{
	TypeNop:      {name: "NOP", from: FromHost | FromAgent, connection: true},
	TypeHello:    {name: "HELLO", from: FromAgent, connection: true},
	TypeWelcome:  {name: "WELCOME", from: FromHost, connection: true},
	TypeReady:    {name: "READY", from: FromAgent, connection: true},
	TypePing:     {name: "PING", from: FromHost, connection: true},
	TypePong:     {name: "PONG", from: FromAgent, connection: true},
	TypeShutdown: {name: "SHUTDOWN", from: FromHost, connection: true},
	TypeExec:     {name: "EXEC", from: FromHost},
	TypeStdin:    {name: "STDIN", from: FromHost, data: true},
	TypeStdinEnd: {name: "STDIN_END", from: FromHost},
	TypeCancel:   {name: "CANCEL", from: FromHost},
	TypeCredit:   {name: "CREDIT", from: FromHost | FromAgent},
	TypeStdout:   {name: "STDOUT", from: FromAgent, data: true},
	TypeStderr:   {name: "STDERR", from: FromAgent, data: true},
	TypeExit:     {name: "EXIT", from: FromAgent},
	TypeError:    {name: "ERROR", from: FromAgent},
	TypeRead:     {name: "READ", from: FromHost},
	TypeWrite:    {name: "WRITE", from: FromHost},
	TypeList:     {name: "LIST", from: FromHost},
	TypeStat:     {name: "STAT", from: FromHost},
	TypeMkdir:    {name: "MKDIR", from: FromHost},
	TypeRemove:   {name: "REMOVE", from: FromHost},
	TypeFileInfo: {name: "FILE_INFO", from: FromAgent},
	TypeData:     {name: "DATA", from: FromHost | FromAgent, data: true},
	TypeDone:     {name: "DONE", from: FromAgent},
	TypeDataEnd:  {name: "DATA_END", from: FromHost},
	TypeWritten:  {name: "WRITTEN", from: FromAgent},
	TypeEntries:  {name: "ENTRIES", from: FromAgent},
}

// String returns the frame's name in the protocol document, or "UNKNOWN".
func (t Type) String() string {
	if name := kinds[t].name; name != "" {
		return name
	}
	return "UNKNOWN"
}
