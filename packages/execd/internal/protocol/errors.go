package protocol

// Code is the code of an ERROR frame.
type Code uint16

const (
	CodeNotFound         Code = 1
	CodeNotRegular       Code = 2
	CodeInvalidPath      Code = 3
	CodePermission       Code = 4
	CodeExists           Code = 5
	CodeWorkspaceBytes   Code = 6
	CodeWorkspaceFiles   Code = 7
	CodeCancelled        Code = 8
	CodeNotStarted       Code = 9
	CodeIO               Code = 10
	CodeWorkingDirectory Code = 11
	CodeTooLarge         Code = 12
	CodeNoSpace          Code = 13
	CodeTooManyStreams   Code = 14
	CodeNotEmpty         Code = 15
	CodeNotDirectory     Code = 16
)

// Error is the terminal frame of an operation that failed. It is a Go error as well, so that the
// code travels from where the failure is understood to the stream that reports it.
type Error struct {
	Code    Code
	Message string
}

func (e Error) Error() string { return e.Message }

func (Error) Type() Type { return TypeError }

func (e Error) appendTo(b []byte) []byte {
	return appendStr(appendU16(b, uint16(e.Code)), e.Message)
}

// DecodeError decodes the payload of ERROR.
func DecodeError(p []byte) (Error, error) {
	d := decoder{rest: p}
	m := Error{Code: Code(d.u16()), Message: d.str()}
	return m, d.end()
}

// empty is a message without payload.
type empty struct{ kind Type }

func (e empty) Type() Type               { return e.kind }
func (e empty) appendTo(b []byte) []byte { return b }

// Frames without payload.
var (
	Nop      Message = empty{TypeNop}
	Shutdown Message = empty{TypeShutdown}
	StdinEnd Message = empty{TypeStdinEnd}
	Cancel   Message = empty{TypeCancel}
	Done     Message = empty{TypeDone}
	DataEnd  Message = empty{TypeDataEnd}
)

// Raw is a data frame: its payload is Bytes as they are.
type Raw struct {
	Kind  Type
	Bytes []byte
}

func (m Raw) Type() Type               { return m.Kind }
func (m Raw) appendTo(b []byte) []byte { return append(b, m.Bytes...) }

// DecodeEmpty checks that a frame without payload has none.
func DecodeEmpty(p []byte) error {
	d := decoder{rest: p}
	return d.end()
}
