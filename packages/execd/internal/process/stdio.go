package process

import (
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

// pipes are the descriptors of a command that is about to start. Ours do not block and are closed
// on exec; theirs are what the child gets as 0, 1 and 2.
type pipes struct {
	stdin    int // ours; -1 when stdin is /dev/null
	outputs  [2]int
	theirs   [3]uintptr
	ownStdin bool
}

func (p *pipes) open(stdin bool, devNull int) error {
	p.stdin = -1
	p.theirs[0] = uintptr(devNull)
	var opened []int
	fail := func(err error) error {
		for _, fd := range opened {
			syscall.Close(fd)
		}
		return err
	}
	if stdin {
		reads, writes, err := pipe()
		if err != nil {
			return fail(err)
		}
		opened = append(opened, reads, writes)
		p.stdin, p.theirs[0], p.ownStdin = writes, uintptr(reads), true
		nonBlocking(writes, syscall.O_WRONLY)
	}
	for i := range p.outputs {
		reads, writes, err := pipe()
		if err != nil {
			return fail(err)
		}
		opened = append(opened, reads, writes)
		p.outputs[i], p.theirs[1+i] = reads, uintptr(writes)
		nonBlocking(reads, syscall.O_RDONLY)
	}
	return nil
}

// closeTheirs closes the child's ends in the agent.
func (p *pipes) closeTheirs() {
	if p.ownStdin {
		syscall.Close(int(p.theirs[0]))
	}
	syscall.Close(int(p.theirs[1]))
	syscall.Close(int(p.theirs[2]))
}

func pipe() (reads, writes int, err error) {
	var fds [2]int
	err = syscall.Pipe2(fds[:], syscall.O_CLOEXEC)
	return fds[0], fds[1], err
}

// nonBlocking affects this end alone: each end of a pipe has status flags of its own.
func nonBlocking(fd, access int) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFL, uintptr(access|syscall.O_NONBLOCK))
}

// feed is the goroutine that moves stdin. When the command does not read on, what still comes is
// taken and dropped, so that the host is not held up.
func (c *Command) feed() {
	broken := false
	for {
		chunk, ok := c.spec.Stdin.Take()
		if !ok || chunk == nil {
			c.closeStdin()
			return
		}
		if !broken {
			if _, err := c.stdin.Write(chunk); err != nil {
				broken = true
				c.closeStdin()
			}
		}
		if grant := c.spec.Stdin.Consumed(len(chunk)); grant > 0 {
			c.spec.GrantStdin(grant)
		}
	}
}

func (c *Command) closeStdin() {
	if c.stdin != nil {
		_ = c.stdin.Close()
	}
}

func notStarted(err error) error {
	return protocol.Error{Code: protocol.CodeNotStarted, Message: "the command could not be started: " + err.Error()}
}

// startError tells a bad working directory from a shell that cannot be run: a failed fork and exec
// gives the same error for both.
func startError(err error, dir string) error {
	fd, dirErr := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if dirErr == nil {
		syscall.Close(fd)
		dirErr = syscall.Access(dir, 1)
	} else if dirErr == syscall.EACCES {
		// A directory need not be readable to be worked in.
		dirErr = syscall.Access(dir, 1)
	}
	switch dirErr {
	case syscall.ENOENT, syscall.ENOTDIR, syscall.EACCES, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EINVAL:
		return protocol.Error{Code: protocol.CodeWorkingDirectory, Message: "bad working directory: " + dirErr.Error()}
	}
	return notStarted(err)
}
