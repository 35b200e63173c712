package workspace

import (
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

// Stat describes what a path leads to, symlinks followed.
func (w *Workspace) Stat(path []byte) (protocol.Entry, error) {
	p, err := w.resolve(path, true, false)
	if err != nil {
		return protocol.Entry{}, err
	}
	defer p.Close()
	if !p.exists {
		return protocol.Entry{}, syscall.ENOENT
	}
	return entryOf(p.path, &p.stat), nil
}

// OpenRead opens a regular file for reading. The descriptor is the caller's.
func (w *Workspace) OpenRead(path []byte) (fd int, entry protocol.Entry, err error) {
	p, err := w.resolve(path, true, false)
	if err != nil {
		return -1, entry, err
	}
	defer p.Close()
	if !p.exists {
		return -1, entry, syscall.ENOENT
	}
	// Opening a FIFO or a device has effects of its own: only what looks regular is opened. It may
	// have been swapped since, so it must not block, and is looked at again.
	if !isRegular(&p.stat) {
		return -1, entry, errNotRegular
	}
	const flags = syscall.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK | syscall.O_NOCTTY | syscall.O_CLOEXEC
	fd, err = syscall.Openat(p.dir, p.name, flags, 0)
	if err != nil {
		return -1, entry, err
	}
	var st syscall.Stat_t
	if err = syscall.Fstat(fd, &st); err == nil && !isRegular(&st) {
		err = errNotRegular
	}
	if err != nil {
		syscall.Close(fd)
		return -1, entry, err
	}
	return fd, entryOf(p.path, &st), nil
}

// Mkdir makes a directory and its parents. One that exists is no error.
func (w *Workspace) Mkdir(path []byte) error {
	p, err := w.resolve(path, true, true)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.exists {
		if isDir(&p.stat) {
			return nil
		}
		return syscall.EEXIST
	}
	err = w.makeDir(p.dir, p.name)
	if err == syscall.EEXIST && lstatat(p.dir, p.name, &p.stat) == nil && isDir(&p.stat) {
		return nil // made by another at the same time
	}
	return err
}

var (
	errNotRegular = fail(protocol.CodeNotRegular, "not a regular file")
	errFiles      = fail(protocol.CodeWorkspaceFiles, "the workspace holds as many files as it may")
	errBytes      = fail(protocol.CodeWorkspaceBytes, "the workspace is full")
	errTooLarge   = fail(protocol.CodeTooLarge, "the file is larger than allowed")
	errCancelled  = fail(protocol.CodeCancelled, "cancelled")
)
