package process

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestEnvironMerges(t *testing.T) {
	image := []string{"PATH=/bin", "A=1", "SANDBOX_COMMAND=9", "nonsense"}
	for _, c := range []struct {
		given []string
		want  string
		ok    bool
	}{
		{nil, "[SANDBOX_COMMAND=1 PATH=/bin A=1 nonsense]", true},
		{[]string{"A=2", "B="}, "[SANDBOX_COMMAND=1 PATH=/bin A=2 B=]", true},
		{[]string{"A=2", "A=3", "SANDBOX_COMMAND=7"}, "[SANDBOX_COMMAND=1 PATH=/bin A=3]", true},
		{[]string{"=x"}, "[]", false},
		{[]string{"x"}, "[]", false},
	} {
		env, ok := environ(image, c.given, "SANDBOX_COMMAND=1")
		if got := fmt.Sprint(env); got != c.want || ok != c.ok {
			t.Errorf("%q: %s %v", c.given, got, ok)
		}
	}
}

func TestParseStat(t *testing.T) {
	p, ok := parseStat(7, []byte("7 (a) Z (b) c) S 3 4 5 0 -1 4194560 0"))
	if want := (proc{pid: 7, ppid: 3, pgrp: 4, session: 5}); !ok || p != want {
		t.Errorf("%+v %v", p, ok)
	}
	if p, _ := parseStat(7, []byte("7 (x) Z 1 2 3 4")); !p.zombie {
		t.Error("not a zombie")
	}
	for _, bad := range []string{"", "7", "7 (x", "7 (x) S 1"} {
		if _, ok := parseStat(7, []byte(bad)); ok {
			t.Errorf("%q parses", bad)
		}
	}
}

func TestHasMarkerFindsItAnywhere(t *testing.T) {
	const marker = "SANDBOX_COMMAND=42"
	for pad := 0; pad < 40000; pad += 1013 {
		cmd := exec.Command("sleep", "60")
		cmd.Env = []string{"A=" + strings.Repeat("x", pad), marker, "B=" + strings.Repeat("y", 100)}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		found, other := hasMarker(cmd.Process.Pid, marker), hasMarker(cmd.Process.Pid, "SANDBOX_COMMAND=4")
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if !found || other {
			t.Fatalf("after %d bytes: %v, another's: %v", pad, found, other)
		}
	}
	if hasMarker(os.Getpid(), marker) {
		t.Error("found where it is not")
	}
}

func TestOOMCounterWithoutAFile(t *testing.T) {
	if n := (&OOMCounter{-1}).Kills(); n != 0 {
		t.Errorf("%d kills", n)
	}
}
