//go:build docker

package agent

import (
	"fmt"
	"strings"
	"testing"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

func container(t *testing.T, flags ...string) *testhost.Host {
	t.Helper()
	return testhost.StartContainer(t, testhost.Build(t), flags...).Connect()
}

func TestContainerSurvivesEverySignal(t *testing.T) {
	h := container(t)
	for sig := 1; sig <= 64; sig++ {
		h.Exec("kill -%d 1", sig)
		if r := h.Exec("echo alive"); string(r.Stdout) != "alive\n" {
			t.Fatalf("after signal %d: %+v", sig, r)
		}
	}
	// The same as queued signals, which carry another origin, many at a time.
	h.Exec(`for s in QUIT ABRT SEGV BUS FPE ILL TRAP SYS PIPE HUP INT TERM CHLD URG PROF XFSZ TSTP STOP CONT; do
		/bin/kill -q 1 -s $s 1 2>/dev/null; for i in 1 2 3 4 5 6 7 8; do kill -$s 1; done; done`)
	h.Exec("kill -9 -1").Exit(t)
	if r := h.Exec("echo alive"); string(r.Stdout) != "alive\n" {
		t.Fatalf("at the end: %+v", r)
	}
}

func TestContainerAgentIsOutOfReach(t *testing.T) {
	h := container(t, "-e", "IMAGE_VARIABLE=1")
	for _, path := range []string{"mem", "environ", "maps", "fd", "fd/3", "exe", "cwd", "root/etc", "auxv", "oom_score_adj", "syscall", "stack"} {
		r := h.Exec("{ cat /proc/1/%s || ls /proc/1/%s/; } >/dev/null 2>&1 && echo readable", path, path)
		if path != "oom_score_adj" && len(r.Stdout) != 0 {
			t.Errorf("/proc/1/%s is readable", path)
		}
	}
	if r := h.Exec("echo 1000 > /proc/1/oom_score_adj"); r.Exit(t).ExitCode == 0 {
		t.Error("the agent's oom_score_adj is writable")
	}
	status := string(h.Exec("cat /proc/1/status").Stdout)
	if !strings.Contains(status, "NoNewPrivs:\t1") {
		t.Errorf("status of PID 1: %s", status)
	}
	// The agent has its own score back once the fork has returned, which the child can be ahead of.
	r := h.Exec("until grep -qx 0 /proc/1/oom_score_adj; do :; done; cat /proc/1/oom_score_adj /proc/self/oom_score_adj")
	if string(r.Stdout) != "0\n500\n" {
		t.Errorf("scores: %q", r.Stdout)
	}
	own := string(h.Exec("cat /proc/self/status").Stdout)
	for _, line := range []string{
		"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2",
	} {
		if !strings.Contains(own, line) {
			t.Errorf("a command lacks %q: %s", line, own)
		}
	}
	if r = h.Exec("ls /proc/self/fd"); string(r.Stdout) != "0\n1\n2\n3\n" {
		t.Errorf("descriptors of a command: %q", r.Stdout)
	}
}

func TestContainerMemoryBombEndsAlone(t *testing.T) {
	h := container(t)
	r := h.Exec(`x=$(head -c 600000000 /dev/zero | tr '\0' x); echo ${#x}`)
	if exit := r.Exit(t); exit.Flags&protocol.ExitOutOfMemory == 0 || exit.ExitCode == 0 {
		t.Errorf("%+v", exit)
	}
	if r := h.Exec("echo alive"); string(r.Stdout) != "alive\n" || r.Exit(t).Flags != 0 {
		t.Errorf("afterwards: %+v", r)
	}
}

func TestContainerForkBombEndsWithItsTimeout(t *testing.T) {
	h := container(t)
	for _, bomb := range []string{
		":(){ :|:& };:; sleep 60",
		"f(){ setsid bash -c \"$(declare -f f); f\" & f; }; f",
		"b() { while :; do (setsid sh -c 'trap \"\" TERM; sleep 60' &) ; done; }; b",
	} {
		m := testhost.Command("%s", bomb)
		m.TimeoutMs = 500
		if exit := h.Open(m).Collect().Exit(t); exit.ExitCode != 124 || exit.Flags&protocol.ExitTimedOut == 0 {
			t.Errorf("%q: %+v", bomb, exit)
		}
		r := h.Exec("ls -d /proc/[0-9]* | wc -l")
		if n := strings.TrimSpace(string(r.Stdout)); len(n) != 1 {
			t.Errorf("%q: %s processes are left", bomb, n)
		}
	}
}

func TestContainerServesFilesDuringAForkBomb(t *testing.T) {
	h := container(t, "--pids-limit=100")
	bomb := h.Open(testhost.Command(":(){ :|:& };:; sleep 60"))
	var waiting []*testhost.Stream
	for i := 0; i < 20; i++ {
		h.Ping(uint64(i))
		if r := h.Upload(write(fmt.Sprintf("d/%d", i)), make([]byte, 1<<20)); r.Code() != 0 {
			t.Errorf("upload: %+v", r.Last)
		}
		waiting = append(waiting, h.Open(whole(fmt.Sprintf("d/%d", i))), h.Open(protocol.List{MaxEntries: 100}), h.Open(testhost.Command("true")))
	}
	for _, s := range waiting {
		s.Collect()
	}
	bomb.Send(protocol.Cancel)
	bomb.Collect().Exit(t)
	if r := h.Exec("echo alive"); string(r.Stdout) != "alive\n" {
		t.Errorf("afterwards: %+v", r)
	}
}

func TestContainerAtPidsLimitReportsNotStarted(t *testing.T) {
	h := container(t, "--pids-limit=40")
	hog := h.Open(testhost.Command(
		`exec perl -e '$| = 1; for (1..60) { my $p = fork; if (defined $p && !$p) { sleep 60; exit } } print "full\n"; sleep 60'`))
	if m, ok := hog.Next().Message.(protocol.Raw); !ok || string(m.Bytes) != "full\n" {
		t.Fatalf("%+v", m)
	}
	if r := h.Exec("true"); r.Code() != protocol.CodeNotStarted {
		t.Errorf("at the limit: %+v", r.Last)
	}
	hog.Send(protocol.Cancel)
	if exit := hog.Collect().Exit(t); exit.Flags&protocol.ExitCancelled == 0 {
		t.Errorf("%+v", exit)
	}
	if r := h.Exec("echo alive"); string(r.Stdout) != "alive\n" {
		t.Errorf("afterwards: %+v ", r)
	}
}

func TestContainerSurvivesAForkBombInTheBackground(t *testing.T) {
	h := container(t, "--pids-limit=64")
	for round := 0; round < 3; round++ {
		h.Exec(":(){ :|:& };:")
		if r := h.Exec("echo alive"); string(r.Stdout) != "alive\n" {
			t.Fatalf("round %d: %+v", round, r)
		}
	}
}

func TestContainerReapsOrphans(t *testing.T) {
	h := container(t)
	h.Exec(`for i in $(seq 10000); do (true &) ; done`)
	r := h.Exec(`for i in $(seq 100); do n=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l); [ $n = 0 ] && break; sleep 0.05; done; echo $n`)
	if string(r.Stdout) != "0\n" {
		t.Errorf("zombies: %s", r.Stdout)
	}
}

func TestContainerKeepsTheImagesFileLimit(t *testing.T) {
	h := container(t, "--ulimit=nofile=100:200")
	if r := h.Exec("ulimit -Sn; ulimit -Hn"); string(r.Stdout) != "100\n200\n" {
		t.Errorf("%q", r.Stdout)
	}
}

func TestContainerEndsOnShutdown(t *testing.T) {
	c := testhost.StartContainer(t, testhost.Build(t))
	h := c.Connect()
	h.Exec("sleep 60 &")
	h.Send(0, protocol.Shutdown)
	if status := c.Docker("wait", c.ID); status != "0" {
		t.Errorf("exit status %s", status)
	}
}

func TestContainerResidentMemory(t *testing.T) {
	h := container(t)
	for i := 0; i < 50; i++ {
		h.Exec("echo %d", i)
	}
	h.Upload(protocol.Write{Path: []byte("f"), Mode: 0o644, MaxBytes: protocol.Unlimited, ExpectedBytes: protocol.Unlimited}, make([]byte, 20<<20))
	h.Open(protocol.Read{Path: []byte("f"), Length: protocol.Unlimited}).Collect()
	var rss int
	t.Logf("%s", h.Exec("grep Threads /proc/1/status").Stdout)
	line := h.Exec("grep VmRSS /proc/1/status").Stdout
	if _, err := fmt.Sscanf(string(line), "VmRSS: %d kB", &rss); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	t.Logf("resident: %d kB", rss)
	if rss > 16<<10 {
		t.Errorf("%d kB resident after use", rss)
	}
}
