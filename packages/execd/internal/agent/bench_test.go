package agent

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkExecTrue is a command's whole way: EXEC over a socket, fork, exec of the shell, EXIT.
func BenchmarkExecTrue(b *testing.B) {
	h, _ := host(b)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		h.Exec("true")
	}
}

// BenchmarkForkExecTrue is the part of it that no agent can save: fork, exec and wait for the shell.
func BenchmarkForkExecTrue(b *testing.B) {
	argv := []string{env.Shell, "-c", "true"}
	null := uintptr(env.DevNull)
	for i := 0; i < b.N; i++ {
		ended := make(chan struct{})
		var pid int
		err := env.Table.Start(&pid, argv, &syscall.ProcAttr{
			Env: env.Environ, Files: []uintptr{null, null, null}, Sys: &syscall.SysProcAttr{Setsid: true},
		}, func(syscall.WaitStatus, time.Time) { close(ended) })
		if err != nil {
			b.Fatal(err)
		}
		<-ended
	}
}

// BenchmarkPing is a round trip through the connection alone.
func BenchmarkPing(b *testing.B) {
	h, _ := host(b)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		h.Ping(uint64(i))
	}
}
