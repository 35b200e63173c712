package agent

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

func TestOutputIsExactAtAnyBurst(t *testing.T) {
	h, _ := host(t)
	for _, size := range []int{1, 4095, 4096, 65535, 65536, 65537, 1 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := h.Exec("head -c %d /dev/zero | tr '\\0' x; head -c %d /dev/zero >&2", size, size/2)
			if !bytes.Equal(r.Stdout, bytes.Repeat([]byte("x"), size)) || len(r.Stderr) != size/2 {
				t.Errorf("%d and %d bytes", len(r.Stdout), len(r.Stderr))
			}
		})
	}
	// A burst right before the exit, many times.
	for i := 0; i < 200; i++ {
		r := h.Exec("printf '%%s' %s; printf E >&2", strings.Repeat("y", 3000))
		if len(r.Stdout) != 3000 || string(r.Stderr) != "E" {
			t.Fatalf("run %d: %d and %d bytes", i, len(r.Stdout), len(r.Stderr))
		}
	}
}

func TestOutputLimitsDropAndCount(t *testing.T) {
	h, _ := host(t)
	cases := []struct {
		command            string
		stdout, stderr     uint64
		gotOut, gotErr     int
		dropOut, dropError uint64
	}{
		{"head -c 100000 /dev/zero", 10, 10, 10, 0, 99990, 0},
		{"head -c 100000 /dev/zero", 100000, 0, 100000, 0, 0, 0},
		{"head -c 100000 /dev/zero", 99999, 0, 99999, 0, 1, 0},
		{"head -c 100000 /dev/zero", 0, 0, 0, 0, 100000, 0},
		{"head -c 3000000 /dev/zero >&2; echo hi", 100, 70000, 3, 70000, 0, 2930000},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.command, c.stdout, c.stderr), func(t *testing.T) {
			m := testhost.Command("%s", c.command)
			m.StdoutLimit, m.StderrLimit = c.stdout, c.stderr
			r := h.Open(m).Collect()
			exit := r.Exit(t)
			if len(r.Stdout) != c.gotOut || len(r.Stderr) != c.gotErr {
				t.Errorf("%d and %d bytes", len(r.Stdout), len(r.Stderr))
			}
			if exit.StdoutDropped != c.dropOut || exit.StderrDropped != c.dropError {
				t.Errorf("%+v", exit)
			}
		})
	}
}

func TestOutputBeyondTheLimitDoesNotBlock(t *testing.T) {
	h, _ := host(t)
	m := testhost.Command("yes | head -c 50000000; echo end >&2")
	m.StdoutLimit = 1000
	r := h.Open(m).Collect()
	if exit := r.Exit(t); exit.StdoutDropped != 50000000-1000 || string(r.Stderr) != "end\n" {
		t.Errorf("%+v %q", exit, r.Stderr)
	}
}

// read takes frames until the stream has carried n bytes, without granting anything.
func read(t *testing.T, s *testhost.Stream, n int) {
	t.Helper()
	for n > 0 {
		m, ok := s.Next().Message.(protocol.Raw)
		if !ok {
			t.Fatalf("%+v", m)
		}
		n -= len(m.Bytes)
	}
	if n < 0 {
		t.Fatalf("%d bytes more than was granted", -n)
	}
}

func TestStreamWithoutCreditBlocksItselfAlone(t *testing.T) {
	f := start(t)
	w := testhost.Welcome(f.dir)
	w.Window = 1000
	h, _ := f.connect(w)
	s := h.Open(testhost.Command("head -c 1000000 /dev/zero; echo $? > finished"))
	read(t, s, 1000)
	for i := 0; i < 20; i++ {
		if r := h.Exec("echo other; [ -e finished ] || echo blocked"); string(r.Stdout) != "other\nblocked\n" {
			t.Fatalf("%q", r.Stdout)
		}
	}
	s.Send(protocol.Credit{Bytes: 1})
	read(t, s, 1)
	s.Send(protocol.Credit{Bytes: 1 << 20})
	r := s.Collect()
	if len(r.Stdout) != 1000000-1001 || r.Exit(t).StdoutDropped != 0 {
		t.Errorf("%d bytes, %+v", len(r.Stdout), r.Last)
	}
}

func TestCancelEndsACommandWhoseOutputNobodyTakes(t *testing.T) {
	f := start(t)
	w := testhost.Welcome(f.dir)
	w.Window = 10
	h, _ := f.connect(w)
	for _, command := range []string{"yes", "head -c 5000 /dev/zero"} {
		s := h.Open(testhost.Command("%s", command))
		read(t, s, 10)
		s.Send(protocol.Cancel)
		f := s.Next()
		exit, ok := f.Message.(protocol.Exit)
		if !ok || exit.Flags != protocol.ExitCancelled || exit.StdoutDropped == 0 {
			t.Errorf("%s: %+v", command, f.Message)
		}
	}
}

func TestWindowBelongsToTheStreamNotToThePipe(t *testing.T) {
	f := start(t)
	w := testhost.Welcome(f.dir)
	w.Window = 100
	h, _ := f.connect(w)
	s := h.Open(testhost.Command("head -c 60 /dev/zero; head -c 60 /dev/zero >&2; echo"))
	read(t, s, 100)
	h.Ping(1)
	s.Send(protocol.Credit{Bytes: 21})
	if r := s.Collect(); len(r.Stdout)+len(r.Stderr) != 21 {
		t.Errorf("%d + %d bytes", len(r.Stdout), len(r.Stderr))
	}
}
