package protocol

// Hello is the agent's first frame on a connection. Secret is empty on the first connection of the
// agent's life and the secret of its first WELCOME on every later one.
type Hello struct {
	Magic        uint32
	Version      uint16
	AgentVersion string
	Secret       []byte
}

// Welcome is the host's answer to HELLO.
type Welcome struct {
	Version uint16
	// Secret is SecretSize random bytes, the same for all connections of a sandbox.
	Secret []byte
	// WorkspaceDir is the absolute path of the workspace inside the container.
	WorkspaceDir string
	// MaxWorkspaceBytes bounds the allocated bytes of the workspace; 0: unlimited.
	MaxWorkspaceBytes uint64
	// MaxFiles bounds the number of files, and separately of directories; 0: unlimited.
	MaxFiles uint32
	// KillGraceMs is the time between SIGTERM and SIGKILL, in milliseconds.
	KillGraceMs uint32
	// OrphanTimeoutMs is how long the agent lives without a byte from a host; 0: for ever.
	OrphanTimeoutMs uint32
	// Window is the initial credit of each stream in each direction, in bytes.
	Window uint32
}

// Ready tells the host that operations may start.
type Ready struct {
	Shell string
	UID   uint32
	GID   uint32
}

// Ping asks for a Pong with the same nonce.
type Ping struct{ Nonce uint64 }

// Pong answers a Ping.
type Pong struct{ Nonce uint64 }

func (Hello) Type() Type   { return TypeHello }
func (Welcome) Type() Type { return TypeWelcome }
func (Ready) Type() Type   { return TypeReady }
func (Ping) Type() Type    { return TypePing }
func (Pong) Type() Type    { return TypePong }

func (m Hello) appendTo(b []byte) []byte {
	b = appendU16(appendU32(b, m.Magic), m.Version)
	return appendBytes(appendStr(b, m.AgentVersion), m.Secret)
}

func (m Welcome) appendTo(b []byte) []byte {
	b = appendBytes(appendU16(b, m.Version), m.Secret)
	b = appendU64(appendStr(b, m.WorkspaceDir), m.MaxWorkspaceBytes)
	b = appendU32(appendU32(b, m.MaxFiles), m.KillGraceMs)
	return appendU32(appendU32(b, m.OrphanTimeoutMs), m.Window)
}

func (m Ready) appendTo(b []byte) []byte {
	return appendU32(appendU32(appendStr(b, m.Shell), m.UID), m.GID)
}

func (m Ping) appendTo(b []byte) []byte { return appendU64(b, m.Nonce) }
func (m Pong) appendTo(b []byte) []byte { return appendU64(b, m.Nonce) }

// DecodeHello decodes the payload of HELLO. A wrong magic is BadValue.
func DecodeHello(p []byte) (Hello, error) {
	d := decoder{rest: p}
	m := Hello{Magic: d.u32(), Version: d.u16(), AgentVersion: d.str(), Secret: d.bytes()}
	if err := d.end(); err != nil {
		return m, err
	}
	if m.Magic != Magic {
		return m, BadValue
	}
	return m, nil
}

// DecodeWelcome decodes the payload of WELCOME.
func DecodeWelcome(p []byte) (Welcome, error) {
	d := decoder{rest: p}
	m := Welcome{
		Version: d.u16(), Secret: d.bytes(), WorkspaceDir: d.str(), MaxWorkspaceBytes: d.u64(),
		MaxFiles: d.u32(), KillGraceMs: d.u32(), OrphanTimeoutMs: d.u32(), Window: d.u32(),
	}
	return m, d.end()
}

// DecodeReady decodes the payload of READY.
func DecodeReady(p []byte) (Ready, error) {
	d := decoder{rest: p}
	m := Ready{Shell: d.str(), UID: d.u32(), GID: d.u32()}
	return m, d.end()
}

// DecodePing decodes the payload of PING.
func DecodePing(p []byte) (Ping, error) {
	d := decoder{rest: p}
	m := Ping{Nonce: d.u64()}
	return m, d.end()
}

// DecodePong decodes the payload of PONG.
func DecodePong(p []byte) (Pong, error) {
	d := decoder{rest: p}
	m := Pong{Nonce: d.u64()}
	return m, d.end()
}
