package protocol

// Read asks for a range of a regular file.
type Read struct {
	Path   []byte
	Offset uint64
	// Length is in bytes; Unlimited: to the end.
	Length uint64
}

// Write opens an upload, which replaces the file at Path as a whole.
type Write struct {
	Path []byte
	// Mode holds the permission bits of the new file.
	Mode uint32
	// MaxBytes is the largest size that is accepted; Unlimited: no bound.
	MaxBytes uint64
	// ExpectedBytes is the announced size; Unlimited: unknown.
	ExpectedBytes uint64
}

// List asks for a recursive listing of a directory of at most MaxEntries entries.
type List struct {
	Path       []byte
	MaxEntries uint32
}

// Stat asks for one entry.
type Stat struct{ Path []byte }

// Mkdir makes a directory and its parents.
type Mkdir struct{ Path []byte }

// Remove deletes a file, a symlink itself, or a directory (with all in it when Recursive is not 0).
type Remove struct {
	Path      []byte
	Recursive uint8
}

// Kind is what an entry is.
type Kind uint8

const (
	KindFile Kind = 1 + iota
	KindDirectory
	KindSymlink
	KindOther
)

// Entry describes one name in the workspace.
type Entry struct {
	// Path is relative to the workspace, in raw bytes.
	Path []byte
	Kind Kind
	Size uint64
	// MtimeMs is the modification time in milliseconds since the epoch; times before it read as 0.
	MtimeMs uint64
	// Mode is st_mode.
	Mode uint32
}

// entryFixed is the encoded size in bytes of an entry with an empty path.
const entryFixed = 4 + 1 + 8 + 8 + 4

// EncodedSize is the encoded size of the entry in bytes.
func (e Entry) EncodedSize() int { return entryFixed + len(e.Path) }

// FileInfo carries the entry of a file that was asked for.
type FileInfo struct{ Entry Entry }

// Written is the terminal frame of an upload that took place.
type Written struct{ Entry Entry }

// Entries carries a part of a listing.
type Entries struct{ Entries []Entry }

func (Read) Type() Type     { return TypeRead }
func (Write) Type() Type    { return TypeWrite }
func (List) Type() Type     { return TypeList }
func (Stat) Type() Type     { return TypeStat }
func (Mkdir) Type() Type    { return TypeMkdir }
func (Remove) Type() Type   { return TypeRemove }
func (FileInfo) Type() Type { return TypeFileInfo }
func (Written) Type() Type  { return TypeWritten }
func (Entries) Type() Type  { return TypeEntries }

func (m Read) appendTo(b []byte) []byte {
	return appendU64(appendU64(appendBytes(b, m.Path), m.Offset), m.Length)
}

func (m Write) appendTo(b []byte) []byte {
	b = appendU32(appendBytes(b, m.Path), m.Mode)
	return appendU64(appendU64(b, m.MaxBytes), m.ExpectedBytes)
}

func (m List) appendTo(b []byte) []byte   { return appendU32(appendBytes(b, m.Path), m.MaxEntries) }
func (m Stat) appendTo(b []byte) []byte   { return appendBytes(b, m.Path) }
func (m Mkdir) appendTo(b []byte) []byte  { return appendBytes(b, m.Path) }
func (m Remove) appendTo(b []byte) []byte { return append(appendBytes(b, m.Path), m.Recursive) }

func (e Entry) appendTo(b []byte) []byte {
	b = append(appendBytes(b, e.Path), byte(e.Kind))
	return appendU32(appendU64(appendU64(b, e.Size), e.MtimeMs), e.Mode)
}

func (m FileInfo) appendTo(b []byte) []byte { return m.Entry.appendTo(b) }
func (m Written) appendTo(b []byte) []byte  { return m.Entry.appendTo(b) }

func (m Entries) appendTo(b []byte) []byte {
	b = appendU32(b, uint32(len(m.Entries)))
	for _, e := range m.Entries {
		b = e.appendTo(b)
	}
	return b
}

func (d *decoder) entry() Entry {
	return Entry{Path: d.bytes(), Kind: Kind(d.u8()), Size: d.u64(), MtimeMs: d.u64(), Mode: d.u32()}
}

// DecodeRead decodes the payload of READ.
func DecodeRead(p []byte) (Read, error) {
	d := decoder{rest: p}
	m := Read{Path: d.bytes(), Offset: d.u64(), Length: d.u64()}
	return m, d.end()
}

// DecodeWrite decodes the payload of WRITE.
func DecodeWrite(p []byte) (Write, error) {
	d := decoder{rest: p}
	m := Write{Path: d.bytes(), Mode: d.u32(), MaxBytes: d.u64(), ExpectedBytes: d.u64()}
	return m, d.end()
}

// DecodeList decodes the payload of LIST.
func DecodeList(p []byte) (List, error) {
	d := decoder{rest: p}
	m := List{Path: d.bytes(), MaxEntries: d.u32()}
	return m, d.end()
}

// DecodeStat decodes the payload of STAT.
func DecodeStat(p []byte) (Stat, error) {
	d := decoder{rest: p}
	m := Stat{Path: d.bytes()}
	return m, d.end()
}

// DecodeMkdir decodes the payload of MKDIR.
func DecodeMkdir(p []byte) (Mkdir, error) {
	d := decoder{rest: p}
	m := Mkdir{Path: d.bytes()}
	return m, d.end()
}

// DecodeRemove decodes the payload of REMOVE.
func DecodeRemove(p []byte) (Remove, error) {
	d := decoder{rest: p}
	m := Remove{Path: d.bytes(), Recursive: d.u8()}
	return m, d.end()
}

// DecodeFileInfo decodes the payload of FILE_INFO.
func DecodeFileInfo(p []byte) (FileInfo, error) {
	d := decoder{rest: p}
	m := FileInfo{Entry: d.entry()}
	return m, d.end()
}

// DecodeWritten decodes the payload of WRITTEN.
func DecodeWritten(p []byte) (Written, error) {
	d := decoder{rest: p}
	m := Written{Entry: d.entry()}
	return m, d.end()
}

// DecodeEntries decodes the payload of ENTRIES.
func DecodeEntries(p []byte) (Entries, error) {
	d := decoder{rest: p}
	n := d.count(entryFixed)
	m := Entries{Entries: make([]Entry, n)}
	for i := range m.Entries {
		m.Entries[i] = d.entry()
	}
	return m, d.end()
}
