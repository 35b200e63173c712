package workspace

import (
	"strings"
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

const (
	// maxPath is the longest path, in bytes: PATH_MAX of Linux.
	maxPath = 4096
	// maxSymlinks is how many symlinks one path may pass: what the kernel allows itself.
	maxSymlinks = 40
)

// place is where a path leads: a name in an open directory. The workspace itself is the name "."
// in itself, with an empty path.
type place struct {
	dir    int // owned; Close closes it
	name   string
	path   string // relative to the workspace, without symlinks
	exists bool
	// wantDir: the path was written as a directory's, with a slash or a dot at its end.
	wantDir bool
	stat    syscall.Stat_t // of the name itself, not followed; valid when it exists
}

func (p *place) Close() { syscall.Close(p.dir) }

// resolver walks a path. At each moment dir is the open directory that chain names.
type resolver struct {
	w     *Workspace
	dir   int
	chain []string
	// todo holds the components that are left, the next one last.
	todo    []string
	wantDir bool
	links   int
	follow  bool
	create  bool
}

// resolve walks a path beneath the workspace. follow says whether a symlink at its end is
// followed; create makes directories that are missing on the way.
func (w *Workspace) resolve(path []byte, follow, create bool) (*place, error) {
	switch {
	case len(path) == 0:
		return nil, fail(protocol.CodeInvalidPath, "the path is empty")
	case len(path) > maxPath:
		return nil, fail(protocol.CodeInvalidPath, "the path is longer than 4096 bytes")
	case strings.IndexByte(string(path), 0) >= 0:
		return nil, fail(protocol.CodeInvalidPath, "the path holds a NUL byte")
	}
	r := &resolver{w: w, dir: -1, follow: follow, create: create}
	if err := r.enter(string(path)); err != nil {
		return nil, err
	}
	p, err := r.walk()
	if err != nil {
		r.close()
		return nil, err
	}
	return p, nil
}

func (r *resolver) close() {
	if r.dir >= 0 {
		syscall.Close(r.dir)
		r.dir = -1
	}
}

// enter puts a path, or the target of a symlink, in front of what is left to walk.
func (r *resolver) enter(path string) error {
	if strings.HasPrefix(path, "/") {
		rest := strings.TrimPrefix(path, r.w.dir)
		if len(rest) == len(path) && r.w.dir != "" || rest != "" && rest[0] != '/' {
			return fail(protocol.CodeInvalidPath, "the path leaves the workspace")
		}
		r.chain = r.chain[:0]
		if err := r.reopen(); err != nil {
			return err
		}
		path = rest
	} else if r.dir < 0 {
		if err := r.reopen(); err != nil {
			return err
		}
	}
	if len(r.todo) == 0 {
		r.wantDir = r.wantDir || strings.HasSuffix(path, "/") || path == "." || strings.HasSuffix(path, "/.")
	}
	parts := strings.Split(path, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] != "" && parts[i] != "." {
			r.todo = append(r.todo, parts[i])
		}
	}
	return nil
}

// reopen opens the directory that chain names, from the workspace down.
func (r *resolver) reopen() error {
	fd, err := syscall.Openat(r.w.root, ".", openPath, 0)
	for _, name := range r.chain {
		if err != nil {
			break
		}
		parent := fd
		fd, err = syscall.Openat(parent, name, openPath, 0)
		syscall.Close(parent)
	}
	if err != nil {
		return err
	}
	r.close()
	r.dir = fd
	return nil
}

func (r *resolver) walk() (*place, error) {
	for len(r.todo) > 0 {
		name := r.todo[len(r.todo)-1]
		r.todo = r.todo[:len(r.todo)-1]
		if name == ".." {
			if err := r.up(); err != nil {
				return nil, err
			}
			continue
		}
		if len(r.todo) == 0 {
			p, err := r.last(name)
			if p != nil || err != nil {
				return p, err
			}
			continue
		}
		if err := r.down(name); err != nil {
			return nil, err
		}
	}
	return r.itself()
}

func (r *resolver) up() error {
	if len(r.chain) == 0 {
		return fail(protocol.CodeInvalidPath, "the path leaves the workspace")
	}
	r.chain = r.chain[:len(r.chain)-1]
	return r.reopen()
}

// down enters a directory, or what a symlink in its place leads to.
func (r *resolver) down(name string) error {
	fd, err := syscall.Openat(r.dir, name, openPath, 0)
	if err == syscall.ENOENT && r.create {
		if err = r.w.makeDir(r.dir, name); err == nil || err == syscall.EEXIST {
			fd, err = syscall.Openat(r.dir, name, openPath, 0)
		}
	}
	switch err {
	case nil:
		syscall.Close(r.dir)
		r.dir = fd
		r.chain = append(r.chain, name)
		return nil
	case syscall.ENOTDIR, syscall.ELOOP:
		return r.followLink(name)
	}
	return err
}

func (r *resolver) followLink(name string) error {
	target, err := readlinkat(r.dir, name)
	if err == syscall.EINVAL {
		return syscall.ENOTDIR
	}
	if err != nil {
		return err
	}
	if r.links++; r.links > maxSymlinks {
		return fail(protocol.CodeInvalidPath, "the path has too many symlinks")
	}
	if target == "" {
		return syscall.ENOENT
	}
	return r.enter(target)
}

// last handles the last component: a place, or neither place nor error when a symlink has put more
// to walk in its stead.
func (r *resolver) last(name string) (*place, error) {
	p := &place{dir: r.dir, name: name, wantDir: r.wantDir, path: strings.Join(append(r.chain, name), "/")}
	err := lstatat(r.dir, name, &p.stat)
	switch {
	case err == syscall.ENOENT:
		return p, nil
	case err != nil:
		return nil, err
	case isSymlink(&p.stat) && (r.follow || r.wantDir):
		return nil, r.followLink(name)
	case r.wantDir && !isDir(&p.stat):
		return nil, syscall.ENOTDIR
	}
	p.exists = true
	return p, nil
}

// itself is the place of a path that ends at a directory already entered: ".", "a/..", or a symlink to such.
func (r *resolver) itself() (*place, error) {
	if n := len(r.chain); n > 0 {
		name := r.chain[n-1]
		r.chain = r.chain[:n-1]
		if err := r.reopen(); err != nil {
			return nil, err
		}
		r.follow, r.wantDir = false, false
		return r.last(name)
	}
	p := &place{dir: r.dir, name: ".", exists: true}
	return p, lstatat(r.dir, ".", &p.stat)
}

// makeDir makes one directory, unless that passes the limit on directories.
func (w *Workspace) makeDir(dir int, name string) error {
	w.mu.Lock()
	full := w.known.Dirs >= w.limit.Files
	w.mu.Unlock()
	if full {
		return errFiles
	}
	err := syscall.Mkdirat(dir, name, 0o755)
	if err == nil {
		w.mu.Lock()
		w.known.Dirs++
		w.mu.Unlock()
	}
	return err
}
