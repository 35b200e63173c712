package transport

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"sandbox-system/execd/internal/protocol"
)

func frames(t *testing.T, r *Reader) (types []protocol.Type, err error) {
	t.Helper()
	for {
		h, payload, err := r.Next()
		if err != nil {
			return types, err
		}
		if len(payload) != int(h.Length) {
			t.Fatalf("%+v with %d bytes", h, len(payload))
		}
		types = append(types, h.Type)
	}
}

func TestReaderReadsFramesHoweverTheyArrive(t *testing.T) {
	var stream []byte
	want := []protocol.Type{}
	for _, size := range []int{1, 65536, 262144 - 8, 3, 65536, 200000, 65536, 1} {
		if size <= protocol.MaxData {
			stream = protocol.AppendFrame(stream, 1, protocol.Raw{Kind: protocol.TypeStdin, Bytes: make([]byte, size)})
			want = append(want, protocol.TypeStdin)
		} else {
			stream = protocol.AppendFrame(stream, 1, protocol.Stat{Path: make([]byte, size)})
			want = append(want, protocol.TypeStat)
		}
		stream = protocol.AppendFrame(stream, 0, protocol.Ping{Nonce: 1})
		want = append(want, protocol.TypePing)
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "by halves": iotest.HalfReader,
	} {
		heard := 0
		r := NewReader(wrap(bytes.NewReader(stream)), func() { heard++ })
		got, err := frames(t, r)
		if err != io.EOF || heard == 0 || len(got) != len(want) {
			t.Fatalf("%s: %d frames, %v", name, len(got), err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: frame %d is %v", name, i, got[i])
			}
		}
		if len(r.buf) != baseBuffer {
			t.Errorf("%s: the buffer stays at %d bytes", name, len(r.buf))
		}
	}
}

// TestResyncFromAnyPoint cuts a host off at every kind of place and lets the next one announce itself.
func TestResyncFromAnyPoint(t *testing.T) {
	hello := protocol.AppendFrame(nil, 0, protocol.Ping{Nonce: 9})
	largest := protocol.AppendFrame(nil, 1, protocol.Stat{Path: make([]byte, protocol.MaxPayload-4)})
	small := protocol.AppendFrame(nil, 2, protocol.Exec{Command: "true"})
	prefix := protocol.AppendFrame(nil, 0, protocol.Ping{Nonce: 1})
	cuts := map[string][]byte{"nothing": {}, "between frames": prefix}
	for i := 1; i <= protocol.HeaderSize; i++ {
		cuts["header of the largest "+string(rune('0'+i))] = largest[:i]
		cuts["header of a small one "+string(rune('0'+i))] = small[:i]
	}
	for i := protocol.HeaderSize; i < len(small); i++ {
		cuts["small one "+string(rune('a'+i))] = small[:i]
	}
	cuts["largest, half"] = largest[:len(largest)/2]
	cuts["largest, all but one byte"] = largest[:len(largest)-1]
	for name, cut := range cuts {
		for zeros := protocol.MaxPayload; zeros < protocol.MaxPayload+10; zeros++ {
			stream := append(append([]byte{}, cut...), make([]byte, zeros)...)
			stream = append(stream, protocol.ResyncMarker...)
			stream = append(stream, hello...)
			r := NewReader(bytes.NewReader(stream), func() {})
			var violation protocol.Violation
			if _, err := frames(t, r); !errors.As(err, &violation) {
				t.Fatalf("%s, %d zeros: %v", name, zeros, err)
			}
			if err := r.Resync(); err != nil {
				t.Fatalf("%s, %d zeros: the marker was not found: %v", name, zeros, err)
			}
			if types, err := frames(t, r); err != io.EOF || len(types) != 1 || types[0] != protocol.TypePing {
				t.Fatalf("%s, %d zeros: then %v %v", name, zeros, types, err)
			}
		}
	}
}

func TestResyncPassesOverRubbish(t *testing.T) {
	rubbish := bytes.Repeat([]byte("\xff\xff\xff\xffSBX-RESYNC-\xff\xff"), 30000)
	stream := append(append(rubbish, protocol.ResyncMarker...), protocol.AppendFrame(nil, 0, protocol.Ping{})...)
	r := NewReader(bytes.NewReader(stream), func() {})
	if _, _, err := r.Next(); err != protocol.Oversize {
		t.Fatal(err)
	}
	if err := r.Resync(); err != nil {
		t.Fatal(err)
	}
	if types, err := frames(t, r); err != io.EOF || len(types) != 1 {
		t.Fatalf("%v %v", types, err)
	}
}

func TestMarkerInsideAPayloadIsData(t *testing.T) {
	stream := protocol.AppendFrame(nil, 1, protocol.Raw{Kind: protocol.TypeStdin, Bytes: []byte(protocol.ResyncMarker)})
	r := NewReader(bytes.NewReader(stream), func() {})
	if types, err := frames(t, r); err != io.EOF || len(types) != 1 {
		t.Fatalf("%v %v", types, err)
	}
}
