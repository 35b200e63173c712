package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		args []string
		want options
		done int
	}{
		{nil, options{"unix", "/run/execd/agent.sock"}, -1},
		{[]string{"--transport=unix", "--socket=/s"}, options{"unix", "/s"}, -1},
		{[]string{"--transport=attach"}, options{"attach", "/run/execd/agent.sock"}, -1},
		{[]string{"--transport=tcp"}, options{"tcp", "/run/execd/agent.sock"}, 64},
		{[]string{"serve"}, options{"unix", "/run/execd/agent.sock"}, 64},
		{[]string{"--version"}, options{"unix", "/run/execd/agent.sock"}, 0},
		{[]string{"--help"}, options{"unix", "/run/execd/agent.sock"}, 0},
	} {
		if got, done := parse(c.args); got != c.want || done != c.done {
			t.Errorf("%q: %+v %d", c.args, got, done)
		}
	}
}

// pipes is the attached stdin and stdout of an agent, as one connection.
type pipes struct {
	io.Writer
	io.Reader
}

// attached starts the real binary over its stdin and stdout.
func attached(t *testing.T) (*exec.Cmd, pipes, io.Closer) {
	t.Helper()
	cmd := exec.Command(testhost.Build(t), "--transport=attach")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		timer := time.AfterFunc(testhost.Patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
	})
	return cmd, pipes{in, out}, in
}

func TestAttachServesOneHostAfterTheOther(t *testing.T) {
	cmd, conn, stdin := attached(t)
	dir := t.TempDir()
	h := testhost.Greet(t, conn, testhost.Welcome(dir))
	if len(h.Hello.Secret) != 0 {
		t.Errorf("%+v", h.Hello)
	}
	r := h.Exec("sleep 60 </dev/null >/dev/null 2>&1 & echo $!")
	background := strings.TrimSpace(string(r.Stdout))
	if r := h.Open(protocol.Stat{Path: []byte(".")}).Collect(); r.Info == nil {
		t.Fatalf("%+v", r)
	}

	// The host dies in the middle of a frame; the next one finds the pipe as it was left.
	h.SendRaw(protocol.AppendFrame(nil, 77, protocol.Exec{Command: "true"})[:8])
	h.SendRaw(make([]byte, protocol.MaxPayload))
	h.SendRaw([]byte(protocol.ResyncMarker))
	<-h.Closed
	next := testhost.Greet(t, conn, testhost.Welcome(dir))
	if !bytes.Equal(next.Hello.Secret, testhost.Secret) {
		t.Errorf("%+v", next.Hello)
	}
	if r := next.Exec("kill -0 %s && echo kept", background); string(r.Stdout) != "kept\n" {
		t.Errorf("%q %q", r.Stdout, r.Stderr)
	}

	stdin.Close()
	<-next.Closed
	if err := cmd.Wait(); err != nil {
		t.Errorf("after the end of stdin: %v", err)
	}
	// Killed, though perhaps not yet reaped by whoever inherits it.
	if stat, err := os.ReadFile("/proc/" + background + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("the background process has survived: %s", stat)
	}
}

func TestSignalsDoNotEndTheAgent(t *testing.T) {
	cmd, conn, _ := attached(t)
	h := testhost.Greet(t, conn, testhost.Welcome(t.TempDir()))
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		switch sig {
		case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, 32, 33, 34:
			continue // at the default: the kernel keeps these from PID 1, which this agent is not
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatalf("signal %d: %v", sig, err)
		}
		h.Ping(uint64(sig))
	}
	status := string(h.Exec("cat /proc/self/status").Stdout)
	for _, line := range []string{"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "NoNewPrivs:\t1"} {
		if !strings.Contains(status, line) {
			t.Errorf("a command lacks %q: %s", line, status)
		}
	}
}

func TestEveryThreadHasNoNewPrivs(t *testing.T) {
	cmd, conn, _ := attached(t)
	h := testhost.Greet(t, conn, testhost.Welcome(t.TempDir()))
	h.Exec("true")
	r := h.Exec("grep -h NoNewPrivs /proc/%d/task/*/status | sort -u", cmd.Process.Pid)
	if string(r.Stdout) != "NoNewPrivs:\t1\n" {
		t.Errorf("%q", r.Stdout)
	}
}

func TestShutdownEndsTheProcess(t *testing.T) {
	cmd, conn, _ := attached(t)
	h := testhost.Greet(t, conn, testhost.Welcome(t.TempDir()))
	h.Send(0, protocol.Shutdown)
	<-h.Closed
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSecondHostReadsPastAFlood(t *testing.T) {
	_, conn, _ := attached(t)
	dir := t.TempDir()
	w := testhost.Welcome(dir)
	w.Window = 8 << 20
	// This host reads nothing after READY: the agent's output stands in the pipe and in its queue.
	h := testhost.New(t, conn)
	if _, err := h.Read(); err != nil {
		t.Fatal(err)
	}
	h.Send(0, w)
	if _, err := h.Read(); err != nil {
		t.Fatal(err)
	}
	h.Send(1, testhost.Command("yes"))
	h.SendRaw(make([]byte, protocol.MaxPayload))
	go h.SendRaw([]byte(protocol.ResyncMarker))
	// The next host discards everything up to the marker, which may cut a frame.
	for seen := ""; !strings.HasSuffix(seen, protocol.ResyncMarker); {
		var b [1]byte
		if _, err := conn.Read(b[:]); err != nil {
			t.Fatal(err)
		}
		if seen += string(b[:]); len(seen) > len(protocol.ResyncMarker) {
			seen = seen[1:]
		}
	}
	next := testhost.Greet(t, conn, w)
	if r := next.Exec("echo fine"); string(r.Stdout) != "fine\n" {
		t.Errorf("%q", r.Stdout)
	}
}
