package workspace

import (
	"errors"
	"syscall"

	"sandbox-system/execd/internal/protocol"
)

func fail(code protocol.Code, message string) error {
	return protocol.Error{Code: code, Message: message}
}

// Failure turns any error of this package into what an ERROR frame reports.
func Failure(err error) protocol.Error {
	var known protocol.Error
	if errors.As(err, &known) {
		return known
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return protocol.Error{Code: protocol.CodeIO, Message: err.Error()}
	}
	code := protocol.CodeIO
	switch errno {
	case syscall.ENOENT:
		code = protocol.CodeNotFound
	case syscall.ENOTDIR:
		code = protocol.CodeNotDirectory
	case syscall.EISDIR, syscall.ENXIO, syscall.ENODEV:
		code = protocol.CodeNotRegular
	case syscall.EACCES, syscall.EPERM, syscall.EROFS:
		code = protocol.CodePermission
	case syscall.EEXIST:
		code = protocol.CodeExists
	case syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EINVAL:
		code = protocol.CodeInvalidPath
	case syscall.ENOSPC, syscall.EDQUOT:
		code = protocol.CodeNoSpace
	case syscall.EFBIG:
		code = protocol.CodeTooLarge
	case syscall.ENOTEMPTY:
		code = protocol.CodeNotEmpty
	}
	return protocol.Error{Code: code, Message: errno.Error()}
}
