package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

// escapes are ways for a process to leave the command that started it. Each runs a shell that
// writes its pid to the file named $PIDS and then stays.
var escapes = map[string]string{
	"traps":       `trap '' TERM INT HUP; echo $$ >> $PIDS; while :; do sleep 1; done`,
	"child":       `bash -c 'trap "" TERM; echo $$ >> $PIDS; while :; do sleep 1; done' & wait`,
	"setsid":      `setsid bash -c 'trap "" TERM; echo $$ >> $PIDS; while :; do sleep 1; done' & sleep 60`,
	"nohup":       `nohup bash -c 'trap "" TERM; echo $$ >> $PIDS; while :; do sleep 1; done' >/dev/null 2>&1 & sleep 60`,
	"double fork": `(setsid bash -c '(trap "" TERM; echo $BASHPID >> $PIDS; while :; do sleep 1; done) &' &); sleep 60`,
	"stopped":     `bash -c 'echo $$ >> $PIDS; kill -STOP $$' & sleep 60`,
}

// waitForPids waits until the file holds a line, and returns the pids in it.
func waitForPids(t *testing.T, path string) (pids []int) {
	t.Helper()
	for deadline := time.Now().Add(testhost.Patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		raw, _ := os.ReadFile(path)
		if !strings.HasSuffix(string(raw), "\n") {
			continue
		}
		for _, line := range strings.Fields(string(raw)) {
			pid, err := strconv.Atoi(line)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
		return pids
	}
	t.Fatal("the command did not start")
	return nil
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestCancelKillsTheWholeTree(t *testing.T) {
	for name, command := range escapes {
		t.Run(name, func(t *testing.T) {
			h, f := host(t)
			path := filepath.Join(f.dir, "pids")
			m := testhost.Command("%s", command)
			m.Env = []string{"PIDS=" + path}
			s := h.Open(m)
			pids := waitForPids(t, path)
			s.Send(protocol.Cancel)
			exit := s.Collect().Exit(t)
			if exit.Flags != protocol.ExitCancelled || exit.ExitCode < 128 {
				t.Errorf("%+v", exit)
			}
			for _, pid := range pids {
				if alive(pid) {
					t.Errorf("process %d is alive", pid)
				}
			}
		})
	}
}

func TestTimeoutEndsWith124(t *testing.T) {
	for name, command := range escapes {
		t.Run(name, func(t *testing.T) {
			h, f := host(t)
			path := filepath.Join(f.dir, "pids")
			m := testhost.Command("echo before; %s", command)
			m.Env = []string{"PIDS=" + path}
			m.TimeoutMs = 400
			r := h.Open(m).Collect()
			if exit := r.Exit(t); exit.Flags != protocol.ExitTimedOut || exit.ExitCode != 124 {
				t.Errorf("%+v", exit)
			}
			if string(r.Stdout) != "before\n" {
				t.Errorf("stdout %q", r.Stdout)
			}
			for _, pid := range waitForPids(t, path) {
				if alive(pid) {
					t.Errorf("process %d is alive", pid)
				}
			}
		})
	}
}

func TestTimeoutLetsTheCommandCleanUp(t *testing.T) {
	h, _ := host(t)
	m := testhost.Command(`trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.02; done`)
	m.TimeoutMs = 300
	r := h.Open(m).Collect()
	if exit := r.Exit(t); exit.ExitCode != 124 || exit.Flags != protocol.ExitTimedOut || exit.Signal != 0 {
		t.Errorf("%+v", exit)
	}
	if string(r.Stdout) != "ready\ncleaned\n" {
		t.Errorf("stdout %q", r.Stdout)
	}
}

func TestTimeoutSparesEarlierBackgroundProcesses(t *testing.T) {
	h, f := host(t)
	path := filepath.Join(f.dir, "pids")
	h.Exec(`setsid sh -c 'echo $$ > pids; exec sleep 60' >/dev/null 2>&1 & sleep 60 & echo $! >> pids2`)
	pids := append(waitForPids(t, path), waitForPids(t, filepath.Join(f.dir, "pids2"))...)
	m := testhost.Command("sleep 60")
	m.TimeoutMs = 100
	h.Open(m).Collect()
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("process %d of an earlier command is gone", pid)
		}
	}
}

func TestBackgroundChildDoesNotHoldTheCall(t *testing.T) {
	h, _ := host(t)
	r := h.Exec("sleep 999 & echo hi")
	if string(r.Stdout) != "hi\n" || r.Exit(t).ExitCode != 0 {
		t.Errorf("%q %+v", r.Stdout, r.Last)
	}
}

func TestLateOutputIsInNobodysResult(t *testing.T) {
	h, _ := host(t)
	h.Exec("mkfifo go done")
	if r := h.Exec("(read -r < go; echo LATE; echo LATE >&2; echo > done) & echo first"); string(r.Stdout) != "first\n" {
		t.Errorf("%q", r.Stdout)
	}
	// The late writer has written when it answers: the test host fails on a frame of a stream's past.
	r := h.Exec("echo > go; read -r < done; echo second")
	if string(r.Stdout) != "second\n" || len(r.Stderr) != 0 {
		t.Errorf("%q %q", r.Stdout, r.Stderr)
	}
}

func TestBackgroundFloodDoesNotDelayExit(t *testing.T) {
	h, _ := host(t)
	for i := 0; i < 5; i++ {
		r := h.Exec("yes flood & echo $!; exec sleep 0.05")
		if exit := r.Exit(t); exit.ExitCode != 0 {
			t.Errorf("%+v", exit)
		}
	}
	if r := h.Exec("pkill -9 yes || kill -9 $(grep -l ^yes /proc/[0-9]*/comm | cut -d/ -f3); echo next"); string(r.Stdout) != "next\n" {
		t.Errorf("%q", r.Stdout)
	}
}

func TestOrphansAreReaped(t *testing.T) {
	h, _ := host(t)
	const marker = "execd-orphan"
	h.Exec(`for i in $(seq 500); do (exec -a %s true &) ; done`, marker)
	deadline := time.Now().Add(testhost.Patience)
	for zombies() > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d zombies are left", zombies())
		}
		time.Sleep(time.Millisecond)
	}
}

// zombies counts dead children of this process that were not waited for.
func zombies() (n int) {
	self := strconv.Itoa(os.Getpid())
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		raw, _ := os.ReadFile(path)
		if i := strings.LastIndex(string(raw), ") Z "); i >= 0 && strings.HasPrefix(string(raw[i+4:]), self+" ") {
			n++
		}
	}
	return n
}

func TestCancelAfterTheEndIsIgnored(t *testing.T) {
	h, _ := host(t)
	s := h.Open(testhost.Command("true"))
	s.Collect().Exit(t)
	s.Send(protocol.Cancel)
	s.Send(protocol.Credit{Bytes: 1})
	s.Send(protocol.Raw{Kind: protocol.TypeStdin, Bytes: []byte("x")})
	h.Ping(7)
}
