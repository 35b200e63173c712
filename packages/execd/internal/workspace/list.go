package workspace

import (
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

// entriesBatch is about how many bytes of entries one ENTRIES frame carries.
const entriesBatch = 32 << 10

// List describes everything beneath a directory, at most max entries of it, in no particular order.
// The entries go to send in batches; the slice is the callee's to keep only until it returns.
// cancelled ends the listing early.
func (w *Workspace) List(path []byte, max uint32, cancelled func() bool, send func([]protocol.Entry)) error {
	if len(path) == 0 {
		path = []byte(".")
	}
	p, err := w.resolve(path, true, false)
	if err != nil {
		return err
	}
	defer p.Close()
	switch {
	case !p.exists:
		return syscall.ENOENT
	case !isDir(&p.stat):
		return syscall.ENOTDIR
	}
	start, err := syscall.Openat(p.dir, p.name, openDir, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(start)
	l := &listing{base: p.path, left: max, cancelled: cancelled, send: send}
	k := walker{visit: l.visit}
	if err := k.walk(start); err != nil {
		return err
	}
	if cancelled() {
		return errCancelled
	}
	l.flush()
	return nil
}

type listing struct {
	base      string
	left      uint32
	cancelled func() bool
	send      func([]protocol.Entry)
	batch     []protocol.Entry
	size      int
}

func (l *listing) visit(dirPath string, name []byte, st *syscall.Stat_t) (enter, proceed bool) {
	if isRegular(st) && isStageName(name) {
		return false, true
	}
	if l.left == 0 || l.cancelled() {
		return false, false
	}
	path := join(join(l.base, dirPath), string(name))
	if len(path) > maxPath {
		return false, true // no request could name it
	}
	l.left--
	e := entryOf(path, st)
	l.batch = append(l.batch, e)
	l.size += e.EncodedSize()
	if l.size >= entriesBatch {
		l.flush()
	}
	return true, true
}

func (l *listing) flush() {
	if len(l.batch) > 0 {
		l.send(l.batch)
		l.batch, l.size = l.batch[:0], 0
	}
}

func join(dir, name string) string {
	switch {
	case dir == "":
		return name
	case name == "":
		return dir
	}
	return dir + "/" + name
}
