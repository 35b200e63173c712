package workspace

import (
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

// Remove deletes a file, a symlink itself, or a directory: an empty one, or with recursive any.
func (w *Workspace) Remove(path []byte, recursive bool, cancelled func() bool) error {
	p, err := w.resolve(path, false, false)
	if err != nil {
		return err
	}
	defer p.Close()
	switch {
	case !p.exists:
		return syscall.ENOENT
	case p.path == "":
		return fail(protocol.CodeInvalidPath, "the workspace itself cannot be removed")
	case !isDir(&p.stat):
		err = removeAt(p.dir, p.name, 0)
		if err == nil {
			w.forget(&p.stat)
		}
		return err
	}
	err = removeAt(p.dir, p.name, atRemoveDir)
	if err == syscall.ENOTEMPTY && recursive {
		r := remover{cancelled: cancelled, buf: make([]byte, direntBuffer)}
		return r.tree(p.dir, p.name)
	}
	return err
}

// forget takes a removed file off the known counts.
func (w *Workspace) forget(st *syscall.Stat_t) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known.Files -= min(w.known.Files, 1)
	if st.Nlink == 1 {
		w.known.Bytes -= min(w.known.Bytes, blocks(st))
	}
}

// remover deletes a directory with all in it, holding one descriptor whatever the depth. path holds
// the directories from the one that keeps the tree, which stays, down to cur.
type remover struct {
	cancelled func() bool
	buf       []byte
	cur       int
	path      []level
}

// attempts bounds how often a directory that should be empty is found filled again.
const attempts = 8

func (r *remover) tree(dir int, name string) error {
	top, err := syscall.Openat(dir, ".", openDir, 0)
	if err != nil {
		return err
	}
	r.cur = top
	defer func() { syscall.Close(r.cur) }()
	if err := r.push(""); err != nil {
		return err
	}
	if err := r.enter(name); err != nil {
		return err
	}
	for refilled := 0; len(r.path) > 1; {
		if r.cancelled() {
			return errCancelled
		}
		child, err := r.clear()
		switch {
		case err != nil:
			return err
		case child != "":
			err = r.enter(child)
		default:
			name := r.path[len(r.path)-1].name
			if err = r.leave(); err == nil {
				err = removeAt(r.cur, name, atRemoveDir)
			}
			if err == syscall.ENOTEMPTY && refilled < attempts {
				refilled++
				err = r.enter(name)
			}
		}
		// What vanished, or turned into something else, is met again in the next pass or not at all.
		if err != nil && err != syscall.ENOENT && err != syscall.ENOTDIR && err != syscall.ELOOP {
			return err
		}
	}
	return nil
}

// clear removes what cur holds, until it is empty or has shown a directory, whose name it returns.
func (r *remover) clear() (child string, err error) {
	for removed := true; removed; {
		removed = false
		if _, err := syscall.Seek(r.cur, 0, 0); err != nil {
			return "", err
		}
		var failed error
		err = dirents(r.cur, r.buf, func(name []byte) bool {
			if r.cancelled() {
				failed = errCancelled
				return false
			}
			switch err := unlinkat(r.cur, &name[0], 0); err {
			case nil:
				removed = true
			case syscall.EISDIR:
				child = string(name)
				return false
			case syscall.ENOENT:
			default:
				failed = err
				return false
			}
			return true
		})
		if failed != nil {
			err = failed
		}
		if child != "" || err != nil {
			return child, err
		}
	}
	return "", nil
}

func (r *remover) enter(name string) error {
	fd, err := syscall.Openat(r.cur, name, openDir, 0)
	if err != nil {
		return err
	}
	syscall.Close(r.cur)
	r.cur = fd
	return r.push(name)
}

func (r *remover) push(name string) error {
	var st syscall.Stat_t
	if err := syscall.Fstat(r.cur, &st); err != nil {
		return err
	}
	r.path = append(r.path, level{name, inode{uint64(st.Dev), st.Ino}})
	return nil
}

// leave goes up, if that leads to where it came from.
func (r *remover) leave() error {
	fd, err := syscall.Openat(r.cur, "..", openDir, 0)
	if err != nil {
		return err
	}
	if !isInode(fd, r.path[len(r.path)-2].id) {
		syscall.Close(fd)
		return fail(protocol.CodeIO, "the directory was moved while it was being removed")
	}
	syscall.Close(r.cur)
	r.cur = fd
	r.path = r.path[:len(r.path)-1]
	return nil
}
