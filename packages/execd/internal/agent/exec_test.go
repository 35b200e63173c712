package agent

import (
	"strings"
	"testing"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

func TestExecReportsOutputAndExit(t *testing.T) {
	h, _ := host(t)
	cases := []struct {
		command        string
		stdout, stderr string
		code           int32
		signal         uint8
	}{
		{"echo hi", "hi\n", "", 0, 0},
		{"echo oops >&2; exit 3", "", "oops\n", 3, 0},
		{"exec true", "", "", 0, 0},
		{"exec false", "", "", 1, 0},
		{"kill $$", "", "", 143, 15},
		{"kill -9 $$", "", "", 137, 9},
		{"printf 'a\\0b\\377'", "a\x00b\xff", "", 0, 0},
		{"", "", "", 0, 0},
		{"no-such-command-here 2>/dev/null", "", "", 127, 0},
		{"cat", "", "", 0, 0},
		{"umask", "0022\n", "", 0, 0},
		{"exit 300", "", "", 44, 0},
	}
	for _, c := range cases {
		t.Run(c.command, func(t *testing.T) {
			r := h.Exec("%s", c.command)
			exit := r.Exit(t)
			if string(r.Stdout) != c.stdout || string(r.Stderr) != c.stderr {
				t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
			}
			if exit.ExitCode != c.code || exit.Signal != c.signal || exit.Flags != 0 {
				t.Errorf("%+v", exit)
			}
			if exit.DurationUs == 0 {
				t.Error("no duration")
			}
		})
	}
}

func TestExecStartsCleanChildren(t *testing.T) {
	h, _ := host(t)
	status := string(h.Exec("cat /proc/self/status").Stdout)
	for _, line := range []string{"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000"} {
		if !strings.Contains(status, line) {
			t.Errorf("no %q in %s", line, status)
		}
	}
	// ls itself holds the directory open as one more.
	if fds := string(h.Exec("ls /proc/self/fd").Stdout); fds != "0\n1\n2\n3\n" {
		t.Errorf("descriptors %q", fds)
	}
	r := h.Exec(`read -r _ _ _ _ pgrp sid _ < /proc/$$/stat; [ $pgrp = $$ ] && [ $sid = $$ ] && echo own`)
	if string(r.Stdout) != "own\n" {
		t.Errorf("not a session of its own: %q", r.Stdout)
	}
}

func TestExecEnvironment(t *testing.T) {
	h, _ := host(t)
	m := testhost.Command(`echo "$A|$B|$HOME"; env | grep -c ^A=; echo $SANDBOX_COMMAND`)
	m.Env = []string{"A=1", "B=größe=x", "HOME=/elsewhere", "A=2", "SANDBOX_COMMAND=forged"}
	lines := strings.Split(string(h.Open(m).Collect().Stdout), "\n")
	if lines[0] != "2|größe=x|/elsewhere" || lines[1] != "1" || lines[2] == "forged" || lines[2] == "" {
		t.Errorf("%q", lines)
	}
	for _, bad := range []string{"", "NAME", "=x", "A=\x00"} {
		m.Env = []string{bad}
		if r := h.Open(m).Collect(); r.Code() != protocol.CodeNotStarted {
			t.Errorf("entry %q: %+v", bad, r.Last)
		}
	}
}

func TestExecWorkingDirectory(t *testing.T) {
	h, f := host(t)
	h.Exec("mkdir -p 'sub dir/ü' && touch file && ln -s 'sub dir' link && ln -s loop loop")
	for cwd, want := range map[string]string{
		"": f.dir, ".": f.dir, "sub dir/ü": f.dir + "/sub dir/ü", "link": f.dir + "/sub dir", "/": "/",
	} {
		m := testhost.Command("pwd -P")
		m.Cwd = cwd
		if r := h.Open(m).Collect(); string(r.Stdout) != want+"\n" {
			t.Errorf("cwd %q: %q %+v", cwd, r.Stdout, r.Last)
		}
	}
	for _, cwd := range []string{"missing", "file", "sub dir/nope/x", "a\x00b", "loop", strings.Repeat("n", 300)} {
		m := testhost.Command("pwd")
		m.Cwd = cwd
		if r := h.Open(m).Collect(); r.Code() != protocol.CodeWorkingDirectory {
			t.Errorf("cwd %q: %+v", cwd, r.Last)
		}
	}
}

func TestExecThatCannotStart(t *testing.T) {
	h, _ := host(t)
	// One argument may have 128 KiB.
	r := h.Exec("%s", ": "+strings.Repeat("x", 200<<10))
	if r.Code() != protocol.CodeNotStarted || !strings.Contains(r.Last.(protocol.Error).Message, "argument list too long") {
		t.Errorf("%+v", r.Last)
	}
	if r := h.Exec("a\x00b"); r.Code() != protocol.CodeNotStarted {
		t.Errorf("%+v", r.Last)
	}
	if r := h.Exec("echo fine"); string(r.Stdout) != "fine\n" {
		t.Errorf("afterwards: %+v", r)
	}
}

func TestExecStdin(t *testing.T) {
	h, _ := host(t)
	content := []byte(strings.Repeat("0123456789abcdef", 1<<16)) // 1 MiB, four windows
	m := testhost.Command("cat")
	m.Flags = protocol.ExecStdin
	s := h.Open(m)
	var got []byte
	for sent := 0; sent < len(content); sent += protocol.MaxData {
		s.Send(protocol.Raw{Kind: protocol.TypeStdin, Bytes: content[sent : sent+protocol.MaxData]})
		for len(got) < sent+protocol.MaxData {
			if m, ok := s.Next().Message.(protocol.Raw); ok {
				got = append(got, m.Bytes...)
				s.Send(protocol.Credit{Bytes: uint32(len(m.Bytes))})
			}
		}
	}
	s.Send(protocol.StdinEnd)
	if r := s.Collect(); r.Exit(t).ExitCode != 0 {
		t.Errorf("%+v", r.Last)
	}
	if string(got) != string(content) {
		t.Error("the echo differs")
	}
}

func TestExecStdinThatNobodyReads(t *testing.T) {
	h, _ := host(t)
	m := testhost.Command("exec 0<&-; read -r < go; echo done")
	m.Flags = protocol.ExecStdin
	h.Exec("mkfifo go")
	s := h.Open(m)
	// Eight windows of input come back as credit although the command has closed its stdin.
	for credit, sent := 256<<10, 0; sent < 2<<20; {
		for credit < protocol.MaxData {
			credit += int(s.Next().Message.(protocol.Credit).Bytes)
		}
		s.Send(protocol.Raw{Kind: protocol.TypeStdin, Bytes: make([]byte, protocol.MaxData)})
		credit -= protocol.MaxData
		sent += protocol.MaxData
	}
	h.Exec("echo > go")
	if r := s.Collect(); string(r.Stdout) != "done\n" {
		t.Errorf("%q %+v", r.Stdout, r.Last)
	}
}
