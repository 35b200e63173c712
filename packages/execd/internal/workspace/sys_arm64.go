package workspace

import "syscall"

const sysFstatat = syscall.SYS_FSTATAT
