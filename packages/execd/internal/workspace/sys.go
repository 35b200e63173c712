package workspace

import (
	"encoding/binary"
	"strconv"
	"syscall"
	"unsafe"
)

// What package syscall lacks, or has without flags.

const (
	oPath             = 0x200000
	atRemoveDir       = 0x200
	atSymlinkNoFollow = 0x100

	openDir  = syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
	openPath = oPath | syscall.O_DIRECTORY | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
)

// fstatat stats the name that p points to, which ends with a NUL.
func fstatat(dir int, p *byte, st *syscall.Stat_t, flags int) error {
	_, _, errno := syscall.Syscall6(sysFstatat, uintptr(dir), uintptr(unsafe.Pointer(p)),
		uintptr(unsafe.Pointer(st)), uintptr(flags), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// lstatat stats a name in a directory without following it.
func lstatat(dir int, name string, st *syscall.Stat_t) error {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return fstatat(dir, p, st, atSymlinkNoFollow)
}

func readlinkat(dir int, name string) (string, error) {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return "", err
	}
	var buf [maxPath]byte
	n, _, errno := syscall.Syscall6(syscall.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(p)),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0)
	if errno != 0 {
		return "", errno
	}
	return string(buf[:n]), nil
}

// unlinkat removes a name; atRemoveDir makes it rmdir.
func unlinkat(dir int, p *byte, flags int) error {
	_, _, errno := syscall.Syscall(syscall.SYS_UNLINKAT, uintptr(dir), uintptr(unsafe.Pointer(p)), uintptr(flags))
	if errno != 0 {
		return errno
	}
	return nil
}

func removeAt(dir int, name string, flags int) error {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return unlinkat(dir, p, flags)
}

// Where struct linux_dirent64 has its own length and its name.
const (
	direntLength = 16
	direntName   = 19
)

// direntBuffer holds some hundreds of names at a time.
const direntBuffer = 16 << 10

// dirents calls each with the names of an open directory, from its current position; name[len(name)]
// is a NUL, so that &name[0] serves as a C string. It stops early when each returns false.
func dirents(fd int, buf []byte, each func(name []byte) bool) error {
	for {
		n, err := syscall.ReadDirent(fd, buf)
		if err != nil {
			return err
		}
		if n <= 0 {
			return nil
		}
		for rest := buf[:n]; len(rest) > 0; {
			end := direntName
			for rest[end] != 0 {
				end++
			}
			name := rest[direntName:end]
			rest = rest[binary.LittleEndian.Uint16(rest[direntLength:]):]
			if string(name) == "." || string(name) == ".." {
				continue
			}
			if !each(name) {
				return nil
			}
		}
	}
}

// number reads a name of /proc that is a process id.
func number(name []byte) (int, bool) {
	n, err := strconv.ParseUint(string(name), 10, 31)
	return int(n), err == nil
}
