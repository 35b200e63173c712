package workspace

import (
	"strings"
	"syscall"
)

// maxPending bounds the names of directories that a walk has seen and not entered yet, in bytes.
const maxPending = 8 << 20

// walker visits everything beneath a directory, depth first, without following symlinks. It holds
// one descriptor whatever the depth: it goes back up through "..", and checks that this is where it
// came from.
type walker struct {
	// visit is called for each name. dirPath is the path of its directory relative to the start.
	// It tells whether to enter a directory, and whether to go on at all.
	visit func(dirPath string, name []byte, st *syscall.Stat_t) (enter, proceed bool)
	// insist makes directories that their owner has locked accessible again, so that nothing hides.
	insist bool

	start   int
	cur     int
	levels  []level
	pending []pendingDir
	bytes   int
	stopped bool
	// Partial is set when there was too much to keep in mind.
	partial bool
	buf     []byte
}

type level struct {
	name string
	id   inode
}

type pendingDir struct {
	depth int // of the directory that holds it
	name  string
}

// walk visits what is beneath the open directory start.
func (k *walker) walk(start int) error {
	k.start = start
	k.buf = make([]byte, direntBuffer)
	cur, err := syscall.Openat(start, ".", openDir, 0)
	if err != nil {
		return err
	}
	k.cur = cur
	defer func() { syscall.Close(k.cur) }()
	k.arrive("")
	for len(k.pending) > 0 && !k.stopped {
		next := k.pending[len(k.pending)-1]
		k.pending = k.pending[:len(k.pending)-1]
		k.bytes -= len(next.name)
		if k.ascend(next.depth) && k.descend(next.name) {
			k.arrive(next.name)
		}
	}
	return nil
}

// arrive reads the directory that cur has become.
func (k *walker) arrive(name string) {
	var st syscall.Stat_t
	if syscall.Fstat(k.cur, &st) != nil {
		return
	}
	k.levels = append(k.levels, level{name, inode{uint64(st.Dev), st.Ino}})
	depth := len(k.levels) - 1
	path := k.path()
	_ = dirents(k.cur, k.buf, func(name []byte) bool {
		if fstatat(k.cur, &name[0], &st, atSymlinkNoFollow) != nil {
			return true // gone meanwhile
		}
		enter, proceed := k.visit(path, name, &st)
		if !proceed {
			k.stopped = true
			return false
		}
		if enter && isDir(&st) {
			if k.bytes+len(name) > maxPending {
				k.partial = true
				return true
			}
			k.bytes += len(name)
			k.pending = append(k.pending, pendingDir{depth, string(name)})
		}
		return true
	})
}

func (k *walker) path() string {
	if len(k.levels) == 1 {
		return ""
	}
	names := make([]string, 0, len(k.levels)-1)
	for _, l := range k.levels[1:] {
		names = append(names, l.name)
	}
	return strings.Join(names, "/")
}

// ascend makes cur the directory at the depth again, and tells whether it is still there.
func (k *walker) ascend(depth int) bool {
	for len(k.levels)-1 > depth {
		want := k.levels[len(k.levels)-2].id
		fd, err := syscall.Openat(k.cur, "..", openDir, 0)
		if err != nil || !isInode(fd, want) {
			if err == nil {
				syscall.Close(fd)
			}
			k.levels = k.levels[:depth+1]
			return k.again()
		}
		syscall.Close(k.cur)
		k.cur = fd
		k.levels = k.levels[:len(k.levels)-1]
	}
	return true
}

// again finds the directory that levels names from the start: the way back up was not to be had.
func (k *walker) again() bool {
	fd, err := syscall.Openat(k.start, ".", openDir, 0)
	for _, l := range k.levels[1:] {
		if err != nil {
			return false
		}
		parent := fd
		fd, err = syscall.Openat(parent, l.name, openDir, 0)
		syscall.Close(parent)
	}
	if err != nil {
		return false
	}
	syscall.Close(k.cur)
	k.cur = fd
	return isInode(fd, k.levels[len(k.levels)-1].id)
}

func (k *walker) descend(name string) bool {
	fd, err := syscall.Openat(k.cur, name, openDir, 0)
	if k.insist && err == nil && syscall.Faccessat(fd, ".", 1, 0) != nil {
		_ = syscall.Fchmod(fd, 0o700)
	}
	if err == syscall.EACCES && k.insist {
		// The owner of a directory may lock it, and the agent is the owner.
		if syscall.Fchmodat(k.cur, name, 0o700, 0) == nil {
			fd, err = syscall.Openat(k.cur, name, openDir, 0)
		}
	}
	if err != nil {
		return false
	}
	syscall.Close(k.cur)
	k.cur = fd
	return true
}

func isInode(fd int, want inode) bool {
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st) == nil && want == inode{uint64(st.Dev), st.Ino}
}
