package process

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// OOMCounter reads how many processes of the container's memory cgroup were killed for want of memory.
type OOMCounter struct{ fd int }

// OpenOOMCounter looks for the counter where cgroup v2 and v1 have it, as seen from inside a
// container or from a host. Without one, Kills is always 0.
func OpenOOMCounter() *OOMCounter {
	for _, path := range oomPaths() {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if c := (&OOMCounter{fd}); c.readable() {
			return c
		}
		syscall.Close(fd)
	}
	return &OOMCounter{-1}
}

// oomPaths lists candidates, the most specific first: a container with the host's cgroup namespace
// reads a path in /proc/self/cgroup that does not exist in its own mount.
func oomPaths() []string {
	var paths []string
	lines, _ := os.ReadFile("/proc/self/cgroup")
	for _, line := range strings.Split(string(lines), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "" {
			paths = append(paths, "/sys/fs/cgroup"+parts[2]+"/memory.events")
		}
		for _, controller := range strings.Split(parts[1], ",") {
			if controller == "memory" {
				paths = append(paths, "/sys/fs/cgroup/memory"+parts[2]+"/memory.oom_control")
			}
		}
	}
	return append(paths, "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
}

func (c *OOMCounter) readable() bool {
	_, ok := c.read()
	return ok
}

// Kills returns the counter's present value.
func (c *OOMCounter) Kills() uint64 {
	n, _ := c.read()
	return n
}

func (c *OOMCounter) read() (uint64, bool) {
	if c.fd < 0 {
		return 0, false
	}
	var buf [512]byte
	n, err := syscall.Pread(c.fd, buf[:], 0)
	if err != nil || n <= 0 {
		return 0, false
	}
	for _, line := range bytes.Split(buf[:n], []byte("\n")) {
		if rest := bytes.TrimPrefix(line, []byte("oom_kill ")); len(rest) != len(line) {
			v, err := strconv.ParseUint(string(rest), 10, 64)
			return v, err == nil
		}
	}
	return 0, false
}
