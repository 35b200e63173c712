// Package workspace does the file operations, confined to one directory, and counts what it holds.
//
// Nothing in it trusts a path, or what a name was a moment ago: user code runs beside it, under the
// same uid, and may swap any name at any time.
package workspace

import (
	"math"
	"strings"
	"sync"
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

// Workspace is the directory that all paths are resolved beneath.
type Workspace struct {
	dir   string
	root  int
	limit Limits

	// census keeps counts and the naming of uploads apart: a count sees an upload either under its
	// temporary name, which it leaves out, or under its own and in the account.
	census sync.Mutex

	mu sync.Mutex
	// known is what the last count found, kept up to date by the agent's own uploads.
	known Counts
	// reserved is what uploads under way have taken and the count does not see.
	reserved Counts
	// staging holds the files of uploads under way, which the count leaves out.
	staging map[inode]struct{}
}

// Limits bounds what the workspace may hold; 0: unlimited.
type Limits struct {
	Bytes uint64
	Files uint64
}

type inode struct{ dev, ino uint64 }

// Open opens the workspace at an absolute path.
func Open(dir string) (*Workspace, error) {
	if !strings.HasPrefix(dir, "/") {
		return nil, fail(protocol.CodeInvalidPath, "the workspace directory is not an absolute path")
	}
	root, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &Workspace{dir: strings.TrimRight(dir, "/"), root: root, staging: map[inode]struct{}{}}, nil
}

// Dir is the workspace's absolute path.
func (w *Workspace) Dir() string { return w.dir + "/" }

// SetLimits replaces the limits.
func (w *Workspace) SetLimits(limit Limits) {
	if limit.Bytes == 0 {
		limit.Bytes = math.MaxUint64
	}
	if limit.Files == 0 {
		limit.Files = math.MaxUint64
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = limit
}

// Limits returns the limits, with the largest number for unlimited.
func (w *Workspace) Limits() Limits {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit
}

// WorkingDir turns the cwd of an EXEC into an absolute path. It does not confine: a command may
// change to any directory that it can reach.
func (w *Workspace) WorkingDir(cwd string) string {
	if strings.HasPrefix(cwd, "/") {
		return cwd
	}
	return w.Dir() + cwd
}

func entryOf(path string, st *syscall.Stat_t) protocol.Entry {
	e := protocol.Entry{Path: []byte(path), Kind: protocol.KindOther, Mode: st.Mode}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		e.Kind = protocol.KindFile
	case syscall.S_IFDIR:
		e.Kind = protocol.KindDirectory
	case syscall.S_IFLNK:
		e.Kind = protocol.KindSymlink
	}
	if st.Size > 0 {
		e.Size = uint64(st.Size)
	}
	if ms := st.Mtim.Sec*1000 + st.Mtim.Nsec/1e6; ms > 0 {
		e.MtimeMs = uint64(ms)
	}
	return e
}

func isRegular(st *syscall.Stat_t) bool { return st.Mode&syscall.S_IFMT == syscall.S_IFREG }
func isDir(st *syscall.Stat_t) bool     { return st.Mode&syscall.S_IFMT == syscall.S_IFDIR }
func isSymlink(st *syscall.Stat_t) bool { return st.Mode&syscall.S_IFMT == syscall.S_IFLNK }

func blocks(st *syscall.Stat_t) uint64 { return uint64(st.Blocks) * 512 }

// Is tells whether dir is the path that the workspace was opened at.
func (w *Workspace) Is(dir string) bool { return strings.TrimRight(dir, "/") == w.dir }
