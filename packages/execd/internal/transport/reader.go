// Package transport makes connections: over a unix socket, which is connected anew when it is
// lost, or over attached stdin and stdout, which outlive their hosts.
package transport

import (
	"bytes"
	"io"

	"sandbox-system/execd/internal/protocol"
)

const (
	// baseBuffer holds the largest data frame and what Resync looks back at.
	baseBuffer = protocol.HeaderSize + protocol.MaxData + lookBehind
	// lookBehind bytes before a bad header are searched for the marker too: a frame that a host
	// left half-sent can swallow all but the marker's last byte.
	lookBehind = len(protocol.ResyncMarker) - 1
)

// Reader reads the host's frames. Its buffer grows for a frame that needs it and shrinks again.
type Reader struct {
	src io.Reader
	// heard is called whenever bytes have arrived.
	heard func()
	buf   []byte
	// buf[next:end] has arrived and was not returned; buf[:next] is still there to look back at.
	next, end int
}

// NewReader returns a reader of frames from src.
func NewReader(src io.Reader, heard func()) *Reader {
	return &Reader{src: src, heard: heard, buf: make([]byte, baseBuffer)}
}

// Next returns the next frame. The payload is valid until the next call. An error is a
// protocol.Violation or the source's own; after a violation the frame is still unread.
func (r *Reader) Next() (protocol.Header, []byte, error) {
	if err := r.fill(protocol.HeaderSize); err != nil {
		return protocol.Header{}, nil, err
	}
	h, err := protocol.ParseHeader(r.buf[r.next:], protocol.FromHost)
	if err != nil {
		return h, nil, err
	}
	size := protocol.HeaderSize + int(h.Length)
	if err := r.fill(size); err != nil {
		return h, nil, err
	}
	payload := r.buf[r.next+protocol.HeaderSize : r.next+size]
	r.next += size
	return h, payload, nil
}

// fill makes at least n unread bytes available.
func (r *Reader) fill(n int) error {
	if r.end-r.next >= n {
		return nil
	}
	r.compact(n)
	for r.end-r.next < n {
		read, err := r.src.Read(r.buf[r.end:])
		if read > 0 {
			r.end += read
			r.heard()
			continue
		}
		if err == nil {
			err = io.ErrNoProgress
		}
		return err
	}
	return nil
}

// compact moves what is unread, and what may be looked back at, to the front of a buffer that has
// room for n unread bytes.
func (r *Reader) compact(n int) {
	keep := r.next
	if keep > lookBehind {
		keep = lookBehind
	}
	target := r.buf
	size := keep + n
	switch {
	case size > len(r.buf):
		target = make([]byte, lookBehind+n)
	case len(r.buf) > baseBuffer && keep+r.end-r.next <= baseBuffer && size <= baseBuffer:
		target = make([]byte, baseBuffer)
	}
	copy(target, r.buf[r.next-keep:r.end])
	r.end = keep + r.end - r.next
	r.next = keep
	r.buf = target
}

// Resync discards everything up to and with the next marker, which may have begun before the frame
// that could not be read.
func (r *Reader) Resync() error {
	r.next -= lookBehind
	if r.next < 0 {
		r.next = 0
	}
	for {
		if i := bytes.Index(r.buf[r.next:r.end], []byte(protocol.ResyncMarker)); i >= 0 {
			r.next += i + len(protocol.ResyncMarker)
			return nil
		}
		if rest := r.end - lookBehind; rest > r.next {
			r.next = rest
		}
		if err := r.fill(r.end - r.next + 1); err != nil {
			return err
		}
	}
}
