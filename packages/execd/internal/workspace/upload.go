package workspace

import (
	"hash/maphash"
	"strconv"
	"strings"
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

// Staged files are ".execd-" and 16 hexadecimal digits.
const (
	stagePrefix = ".execd-"
	stageDigits = 16
)

func stageName() string {
	// A hash without input is its random seed: enough for a name that O_EXCL guards.
	digits := strconv.FormatUint(new(maphash.Hash).Sum64(), 16)
	return stagePrefix + strings.Repeat("0", stageDigits-len(digits)) + digits
}

func isStageName(name []byte) bool {
	if len(name) != len(stagePrefix)+stageDigits || string(name[:len(stagePrefix)]) != stagePrefix {
		return false
	}
	for _, c := range name[len(stagePrefix):] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Upload is a file that is being written. It takes its name in the workspace with Commit; Abort,
// which has no effect after that, leaves nothing behind. Not safe for concurrent use.
type Upload struct {
	w     *Workspace
	place *place
	stage string
	fd    int
	id    inode
	mode  uint32
	max   uint64

	size     uint64
	replaced uint64 // allocated bytes of the file that is replaced
	fresh    bool   // there was none
	open     bool
}

// Create begins an upload. It fails early when the announced size cannot fit.
func (w *Workspace) Create(m protocol.Write) (*Upload, error) {
	if m.ExpectedBytes != protocol.Unlimited && m.ExpectedBytes > m.MaxBytes {
		return nil, errTooLarge
	}
	p, err := w.resolve(m.Path, true, true)
	if err != nil {
		return nil, err
	}
	u := &Upload{w: w, place: p, mode: m.Mode & 0o777, max: m.MaxBytes, fresh: !p.exists}
	if err := u.begin(m.ExpectedBytes); err != nil {
		p.Close()
		return nil, err
	}
	return u, nil
}

func (u *Upload) begin(expected uint64) error {
	if u.place.wantDir {
		return errNotRegular
	}
	if u.place.exists {
		if !isRegular(&u.place.stat) {
			return errNotRegular
		}
		u.replaced = blocks(&u.place.stat)
	}
	if expected != protocol.Unlimited && !u.w.fits(expected, u.replaced) {
		return errBytes
	}
	if u.fresh && !u.w.reserveFile() {
		return errFiles
	}
	const flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_EXCL | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
	u.stage = stageName()
	// No count may meet the file before it is known to be staged.
	u.w.census.Lock()
	defer u.w.census.Unlock()
	var st syscall.Stat_t
	fd, err := syscall.Openat(u.place.dir, u.stage, flags, 0o600)
	if err == nil {
		if err = syscall.Fstat(fd, &st); err != nil {
			_ = removeAt(u.place.dir, u.stage, 0)
			syscall.Close(fd)
		}
	}
	if err != nil {
		if u.fresh {
			u.w.releaseFile()
		}
		return err
	}
	u.fd, u.open = fd, true
	u.id = inode{uint64(st.Dev), st.Ino}
	u.w.stage(u.id)
	return nil
}

// Write appends a chunk.
func (u *Upload) Write(chunk []byte) error {
	size := uint64(len(chunk))
	if size > u.max-u.size {
		return errTooLarge
	}
	if !u.w.reserve(size, u.replaced) {
		return errBytes
	}
	u.size += size
	for len(chunk) > 0 {
		n, err := syscall.Write(u.fd, chunk)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		chunk = chunk[n:]
	}
	return nil
}

// Size is how many bytes were written.
func (u *Upload) Size() uint64 { return u.size }

// Commit gives the file its mode and its name, replacing what was there as a whole.
func (u *Upload) Commit() (protocol.Entry, error) {
	if err := syscall.Fchmod(u.fd, u.mode); err != nil {
		return protocol.Entry{}, err
	}
	var st, old syscall.Stat_t
	if err := syscall.Fstat(u.fd, &st); err != nil {
		return protocol.Entry{}, err
	}
	u.w.census.Lock()
	defer u.w.census.Unlock()
	var freed uint64
	existed := false
	if err := lstatat(u.place.dir, u.place.name, &old); err == nil {
		if !isRegular(&old) && !isSymlink(&old) {
			return protocol.Entry{}, errNotRegular
		}
		existed = true
		if old.Nlink == 1 {
			freed = blocks(&old)
		}
	}
	if err := syscall.Renameat(u.place.dir, u.stage, u.place.dir, u.place.name); err != nil {
		return protocol.Entry{}, err
	}
	u.close(func(known *Counts) {
		known.Bytes += blocks(&st)
		known.Bytes -= min(known.Bytes, freed)
		if !existed {
			known.Files++
		}
	})
	return entryOf(u.place.path, &st), nil
}

// Abort removes what was written.
func (u *Upload) Abort() {
	if u.open {
		_ = removeAt(u.place.dir, u.stage, 0)
		u.close(func(*Counts) {})
	}
}

// close settles the account of an upload that has ended, in one step.
func (u *Upload) close(settle func(known *Counts)) {
	u.open = false
	syscall.Close(u.fd)
	u.place.Close()
	u.w.mu.Lock()
	defer u.w.mu.Unlock()
	delete(u.w.staging, u.id)
	u.w.reserved.Bytes -= u.size
	if u.fresh {
		u.w.reserved.Files--
	}
	settle(&u.w.known)
}

func min(a, b uint64) uint64 {
	if a < b {
		return a
	}
	return b
}
