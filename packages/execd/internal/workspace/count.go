package workspace

import (
	"os"
	"strings"
	"syscall"
)

// maxLinked bounds how many files with several names a count remembers, so as to count each once.
const maxLinked = 16384

func (w *Workspace) count(stopAt Limits) Counts {
	c := counting{w: w, stopAt: stopAt, linked: map[inode]struct{}{}}
	k := walker{visit: c.visit, insist: true}
	if err := k.walk(w.root); err != nil {
		return w.Known()
	}
	c.counts.Partial = k.stopped || k.partial
	if !c.counts.Partial {
		c.unlinked()
	}
	return c.counts
}

type counting struct {
	w      *Workspace
	stopAt Limits
	counts Counts
	linked map[inode]struct{}
}

func (c *counting) visit(_ string, name []byte, st *syscall.Stat_t) (enter, proceed bool) {
	if isDir(st) {
		c.counts.Dirs++
		return true, !c.passed()
	}
	if isRegular(st) && isStageName(name) && c.w.isStaged(inode{uint64(st.Dev), st.Ino}) {
		return false, true
	}
	c.counts.Files++
	if st.Nlink <= 1 || c.first(st) {
		c.counts.Bytes += blocks(st)
	}
	return false, !c.passed()
}

func (c *counting) passed() bool {
	return c.counts.OverBytes(c.stopAt) || c.counts.OverFiles(c.stopAt)
}

// first tells whether a file with several names is met for the first time.
func (c *counting) first(st *syscall.Stat_t) bool {
	id := inode{uint64(st.Dev), st.Ino}
	if _, met := c.linked[id]; met {
		return false
	}
	if len(c.linked) < maxLinked {
		c.linked[id] = struct{}{}
	}
	return true
}

// unlinked adds the files of the workspace that were removed while a process holds them open: their
// blocks are in use until it closes them.
func (c *counting) unlinked() {
	self := os.Getpid()
	proc, err := syscall.Open("/proc", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(proc)
	_ = dirents(proc, make([]byte, direntBuffer), func(name []byte) bool {
		if pid, ok := number(name); ok && pid != self {
			c.unlinkedOf(string(name))
		}
		return true
	})
}

func (c *counting) unlinkedOf(pid string) {
	dir, err := syscall.Open("/proc/"+pid+"/fd", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(dir)
	_ = dirents(dir, make([]byte, 1024), func(name []byte) bool {
		var st syscall.Stat_t
		if fstatat(dir, &name[0], &st, 0) != nil || !isRegular(&st) || st.Nlink != 0 || st.Blocks == 0 {
			return true
		}
		target, err := readlinkat(dir, string(name))
		if err == nil && strings.HasPrefix(target, c.w.Dir()) && c.first(&st) {
			c.counts.Bytes += blocks(&st)
		}
		return true
	})
}
