package transport

import (
	"errors"
	"os"
	"syscall"
	"time"

	"sandbox-system/execd/internal/mux"
	"sandbox-system/execd/internal/protocol"
)

// ErrNeverConnected says that the first connection could not be made in time.
var ErrNeverConnected = errors.New("no connection to the host in time")

// Link is one connection to a host.
type Link struct {
	In  *Reader
	Out *mux.Writer
}

// Transport makes links one after the other.
type Transport interface {
	// Next waits for the next link. Its error is final: no host can reach this agent any more.
	Next() (Link, error)
	// Drop ends the link that Next returned last.
	Drop()
}

// pollable lets a descriptor wait in Go's poller rather than in a thread of its own. Descriptors
// that cannot be polled, such as regular files, stay as they are.
func pollable(fd int, name string) *os.File {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) == nil {
		switch st.Mode & syscall.S_IFMT {
		case syscall.S_IFIFO, syscall.S_IFSOCK:
			_ = syscall.SetNonblock(fd, true)
		}
	}
	return os.NewFile(uintptr(fd), name)
}

const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
	// connectLimit is how long the first connection may take.
	connectLimit = 10 * time.Second
)

// Unix connects to a host that listens on a unix socket.
type Unix struct {
	path  string
	heard func()
	now   func() time.Time
	sleep func(time.Duration)
	file  *os.File
	out   *mux.Writer
	was   bool
}

// NewUnix returns the transport over the socket at path. heard is called when bytes have arrived.
func NewUnix(path string, heard func()) *Unix {
	return &Unix{path: path, heard: heard, now: time.Now, sleep: time.Sleep}
}

// Next connects, trying again after 100 ms, doubling to 1 s. The first connection fails with
// ErrNeverConnected after 10 s; later ones are tried for as long as the agent lives.
func (u *Unix) Next() (Link, error) {
	start := u.now()
	for pause := firstPause; ; pause *= 2 {
		file, err := dial(u.path)
		if err == nil {
			out, err := mux.NewWriter(file)
			if err == nil {
				u.file, u.out, u.was = file, out, true
				return Link{In: NewReader(file, u.heard), Out: out}, nil
			}
			file.Close()
		}
		if pause > maxPause {
			pause = maxPause
		}
		if !u.was && u.now().Sub(start)+pause > connectLimit {
			return Link{}, ErrNeverConnected
		}
		u.sleep(pause)
	}
}

// Drop closes the connection.
func (u *Unix) Drop() {
	u.out.Close()
	u.file.Close()
}

func dial(path string) (*os.File, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "host"), nil
}

// Attach speaks over the attached stdin and stdout. There is one byte stream for all hosts; each
// host after the first announces itself with protocol.ResyncMarker.
type Attach struct {
	in   *Reader
	file *os.File
	out  *mux.Writer
}

// NewAttach takes over descriptors 0 and 1, which read and write nothing from then on.
func NewAttach(devNull int, heard func()) (*Attach, error) {
	in, err := takeOver(0, devNull, "stdin")
	if err != nil {
		return nil, err
	}
	out, err := takeOver(1, devNull, "stdout")
	if err != nil {
		return nil, err
	}
	return newAttach(in, out, heard), nil
}

func newAttach(in, out *os.File, heard func()) *Attach {
	return &Attach{in: NewReader(in, heard), file: out}
}

// takeOver moves a standard descriptor elsewhere. The runtime treats a broken pipe on descriptor 1
// as the death of the program, which a lost host is not.
func takeOver(fd, devNull int, name string) (*os.File, error) {
	const above = 3
	moved, _, errno := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, above)
	if errno != 0 {
		return nil, errno
	}
	if err := syscall.Dup3(devNull, fd, 0); err != nil {
		return nil, err
	}
	return pollable(int(moved), name), nil
}

// Next returns the first link at once; each later one when the marker of a new host has come, which
// it answers with the same marker.
func (a *Attach) Next() (Link, error) {
	previous := a.out
	if previous != nil {
		if err := a.in.Resync(); err != nil {
			return Link{}, err
		}
		previous.Drain()
	}
	out, err := mux.NewWriter(a.file)
	if err != nil {
		return Link{}, err
	}
	if previous != nil {
		out.Send([]byte(protocol.ResyncMarker))
	}
	a.out = out
	return Link{In: a.in, Out: out}, nil
}

// Drop forgets what was to be sent. The byte stream stays open.
func (a *Attach) Drop() { a.out.Close() }
