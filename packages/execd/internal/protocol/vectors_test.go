package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"testing"
)

// vector is one item of testdata/vectors.json, which the TypeScript end is tested against as well.
type vector struct {
	Name  string
	Hex   string
	Error string
	From  string
	Frame *struct {
		Type   string
		Stream uint32
		Fields fields
	}
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// fields are a frame's fields as JSON has them: u64 in decimal strings, raw bytes in hex.
type fields map[string]any

func (f fields) num(name string) int64 { return int64(f[name].(float64)) }

func (f fields) u32(name string) uint32 { return uint32(f.num(name)) }

func (f fields) str(name string) string { return f[name].(string) }

func (f fields) u64(name string) uint64 {
	v, err := strconv.ParseUint(f.str(name), 10, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func (f fields) hex(name string) []byte {
	b, err := hex.DecodeString(f.str(name))
	if err != nil {
		panic(err)
	}
	return b
}

func toEntry(v any) Entry {
	f := fields(v.(map[string]any))
	return Entry{f.hex("pathHex"), Kind(f.num("kind")), f.u64("size"), f.u64("mtimeMs"), f.u32("mode")}
}

func toMessage(kind string, f fields) Message {
	switch kind {
	case "HELLO":
		return Hello{f.u32("magic"), uint16(f.num("version")), f.str("agentVersion"), f.hex("secretHex")}
	case "WELCOME":
		return Welcome{uint16(f.num("version")), f.hex("secretHex"), f.str("workspaceDir"), f.u64("maxWorkspaceBytes"),
			f.u32("maxFiles"), f.u32("killGraceMs"), f.u32("orphanTimeoutMs"), f.u32("window")}
	case "READY":
		return Ready{f.str("shell"), f.u32("uid"), f.u32("gid")}
	case "PING":
		return Ping{f.u64("nonce")}
	case "PONG":
		return Pong{f.u64("nonce")}
	case "EXEC":
		m := Exec{Command: f.str("command"), Cwd: f.str("cwd"), TimeoutMs: f.u32("timeoutMs"),
			StdoutLimit: f.u64("stdoutLimit"), StderrLimit: f.u64("stderrLimit"), Flags: uint8(f.num("flags"))}
		for _, kv := range f["env"].([]any) {
			m.Env = append(m.Env, kv.(string))
		}
		return m
	case "CREDIT":
		return Credit{f.u32("bytes")}
	case "EXIT":
		return Exit{int32(f.num("exitCode")), uint8(f.num("signal")), uint8(f.num("flags")),
			f.u64("stdoutDropped"), f.u64("stderrDropped"), f.u64("durationUs")}
	case "ERROR":
		return Error{Code(f.num("code")), f.str("message")}
	case "READ":
		return Read{f.hex("pathHex"), f.u64("offset"), f.u64("length")}
	case "WRITE":
		return Write{f.hex("pathHex"), f.u32("mode"), f.u64("maxBytes"), f.u64("expectedBytes")}
	case "LIST":
		return List{f.hex("pathHex"), f.u32("maxEntries")}
	case "STAT":
		return Stat{f.hex("pathHex")}
	case "MKDIR":
		return Mkdir{f.hex("pathHex")}
	case "REMOVE":
		return Remove{f.hex("pathHex"), uint8(f.num("recursive"))}
	case "FILE_INFO":
		return FileInfo{toEntry(f["entry"])}
	case "WRITTEN":
		return Written{toEntry(f["entry"])}
	case "ENTRIES":
		m := Entries{Entries: []Entry{}}
		for _, e := range f["entries"].([]any) {
			m.Entries = append(m.Entries, toEntry(e))
		}
		return m
	}
	for t := 0; t < 256; t++ {
		if Type(t).String() != kind {
			continue
		}
		if kinds[t].data {
			return Raw{Type(t), f.hex("dataHex")}
		}
		return empty{Type(t)}
	}
	panic("no such frame type: " + kind)
}

// TestVectors holds the codec to the shared byte vectors in both directions.
func TestVectors(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range loadVectors(t) {
		if v.Frame == nil {
			continue
		}
		seen[v.Frame.Type] = true
		t.Run(v.Name, func(t *testing.T) {
			want, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			message := toMessage(v.Frame.Type, v.Frame.Fields)
			if got := AppendFrame(nil, v.Frame.Stream, message); !bytes.Equal(got, want) {
				t.Errorf("encoded %x\n    want %x", got, want)
			}
			h, err := ParseHeader(want, FromHost|FromAgent)
			if err != nil {
				t.Fatal(err)
			}
			if h.Type.String() != v.Frame.Type || h.Stream != v.Frame.Stream || int(h.Length) != len(want)-HeaderSize {
				t.Errorf("header %+v", h)
			}
			got, err := Decode(h.Type, want[HeaderSize:])
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, message) {
				t.Errorf("decoded %+v\n    want %+v", got, message)
			}
		})
	}
	for i := range kinds {
		if name := kinds[i].name; name != "" && !seen[name] {
			t.Errorf("no vector for %s", name)
		}
	}
}

// TestInvalidVectors holds the codec to refusing each violation, for the reason that the vector names.
func TestInvalidVectors(t *testing.T) {
	for _, v := range loadVectors(t) {
		if v.Error == "" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			raw, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			from := map[string]Sender{"host": FromHost, "agent": FromAgent}[v.From]
			h, err := ParseHeader(raw, from)
			if err == nil {
				_, err = Decode(h.Type, raw[HeaderSize:])
			}
			if err != Violation(v.Error) {
				t.Errorf("got %v, want %s", err, v.Error)
			}
		})
	}
}

// FuzzFrame checks that no bytes crash the decoders, and that what decodes encodes to itself.
func FuzzFrame(f *testing.F) {
	for _, v := range loadVectors(f) {
		if raw, err := hex.DecodeString(v.Hex); err == nil && len(raw) < 4096 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < HeaderSize {
			return
		}
		h, err := ParseHeader(raw, FromHost|FromAgent)
		if err != nil || int(h.Length) != len(raw)-HeaderSize {
			return
		}
		m, err := Decode(h.Type, raw[HeaderSize:])
		if err != nil {
			return
		}
		if again := AppendFrame(nil, h.Stream, m); !bytes.Equal(again, raw) {
			t.Fatalf("%x became %x", raw, again)
		}
	})
}
