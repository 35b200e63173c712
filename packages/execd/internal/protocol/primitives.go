package protocol

import "encoding/binary"

// decoder takes fields off a payload. After the first failure every field reads as zero and the
// failure is kept, so that a message's decoder is a plain list of fields.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(v Violation) {
	if d.err == nil {
		d.err = v
	}
	d.rest = nil
}

func (d *decoder) fixed(n int) []byte {
	if len(d.rest) < n {
		d.fail(ShortPayload)
		return make([]byte, n)
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) u8() uint8   { return d.fixed(1)[0] }
func (d *decoder) u16() uint16 { return binary.BigEndian.Uint16(d.fixed(2)) }
func (d *decoder) u32() uint32 { return binary.BigEndian.Uint32(d.fixed(4)) }
func (d *decoder) u64() uint64 { return binary.BigEndian.Uint64(d.fixed(8)) }
func (d *decoder) i32() int32  { return int32(d.u32()) }

// bytes returns a copy: payload buffers are reused.
func (d *decoder) bytes() []byte { return []byte(d.str()) }

func (d *decoder) str() string {
	n := d.u32()
	if uint64(n) > uint64(len(d.rest)) {
		d.fail(InnerLength)
		return ""
	}
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	return s
}

// count reads a list's count and refuses one whose items, of itemSize bytes at least, cannot fit
// into what is left. That bounds what a hostile count can make the decoder allocate.
func (d *decoder) count(itemSize int) int {
	n := d.u32()
	if uint64(n)*uint64(itemSize) > uint64(len(d.rest)) {
		d.fail(InnerLength)
		return 0
	}
	return int(n)
}

func (d *decoder) end() error {
	if d.err == nil && len(d.rest) > 0 {
		d.fail(TrailingBytes)
	}
	return d.err
}

func appendU16(b []byte, v uint16) []byte { return append(b, byte(v>>8), byte(v)) }

func appendU32(b []byte, v uint32) []byte {
	return append(b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

func appendU64(b []byte, v uint64) []byte {
	return appendU32(appendU32(b, uint32(v>>32)), uint32(v))
}

func appendBytes(b, v []byte) []byte { return append(appendU32(b, uint32(len(v))), v...) }

func appendStr(b []byte, v string) []byte { return append(appendU32(b, uint32(len(v))), v...) }
