package agent

import (
	"testing"
	"time"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
	"sandbox-system/execd/internal/workspace"
)

func limited(t *testing.T, bytes uint64, files uint32) (*testhost.Host, *fixture) {
	t.Helper()
	f := start(t)
	w := testhost.Welcome(f.dir)
	w.MaxWorkspaceBytes, w.MaxFiles = bytes, files
	h, _ := f.connect(w)
	return h, f
}

// counted waits until the agent's own count satisfies a condition.
func counted(t *testing.T, f *fixture, ok func(workspace.Counts) bool) {
	t.Helper()
	for deadline := time.Now().Add(testhost.Patience); !ok(f.agent.space.Known()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the count stays at %+v", f.agent.space.Known())
		}
	}
}

func TestCommandOverAWorkspaceLimitIsKilled(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		flag    uint8
	}{
		"bytes":            {"trap '' TERM; head -c 5000000 /dev/zero > big; sleep 60", protocol.ExitWorkspaceBytes},
		"held open":        {"exec 3>big; rm big; head -c 5000000 /dev/zero >&3; sleep 60", protocol.ExitWorkspaceBytes},
		"locked away":      {"mkdir d; head -c 5000000 /dev/zero > d/big; chmod 300 d; sleep 60", protocol.ExitWorkspaceBytes},
		"files":            {"touch $(seq 200); sleep 60", protocol.ExitWorkspaceFiles},
		"directories":      {"mkdir $(seq 200); sleep 60", protocol.ExitWorkspaceFiles},
		"files everywhere": {"for i in $(seq 50); do mkdir -p a/b$i; touch a/b$i/1 a/b$i/2 a/b$i/3; done; sleep 60", protocol.ExitWorkspaceFiles},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := limited(t, 1<<20, 100)
			exit := h.Exec("%s", c.command).Exit(t)
			if exit.Flags != c.flag || exit.Signal != 9 || exit.ExitCode != 137 {
				t.Errorf("%+v", exit)
			}
			// A full workspace can be cleaned up, by a command that takes its time.
			if exit := h.Exec("sleep 0.3; rm -rf *; sleep 0.3").Exit(t); exit.Flags != 0 || exit.ExitCode != 0 {
				t.Errorf("cleaning up: %+v", exit)
			}
		})
	}
}

func TestSparseAndLinkedFilesCountWhatTheyTake(t *testing.T) {
	h, f := limited(t, 4<<20, 1000)
	exit := h.Exec("truncate -s 1T sparse; head -c 3000000 /dev/zero > f; for i in $(seq 20); do ln f l$i; done; sleep 0.5").Exit(t)
	if exit.Flags != 0 || exit.ExitCode != 0 {
		t.Errorf("%+v", exit)
	}
	counted(t, f, func(c workspace.Counts) bool { return c.Files == 22 && c.Bytes >= 3000000 && c.Bytes < 3<<20 })
}

func TestBackgroundProcessThatFillsTheWorkspaceIsKilled(t *testing.T) {
	h, f := limited(t, 1<<20, 1000)
	h.Exec("(while :; do head -c 100000 /dev/zero >> big; sleep 0.02; done) >/dev/null 2>&1 & echo $! > pid")
	pid := waitForPids(t, f.dir+"/pid")[0]
	for deadline := time.Now().Add(testhost.Patience); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it goes on")
		}
	}
}

func TestUploadsRespectTheWorkspaceLimits(t *testing.T) {
	h, f := limited(t, 1<<20, 5)
	if r := h.Upload(write("a"), make([]byte, 600<<10)); r.Code() != 0 {
		t.Fatalf("%+v", r.Last)
	}
	if r := h.Upload(write("b"), make([]byte, 600<<10)); r.Code() != protocol.CodeWorkspaceBytes {
		t.Errorf("second: %+v", r.Last)
	}
	announced := write("b")
	announced.ExpectedBytes = 600 << 10
	if r := h.Open(announced).Collect(); r.Code() != protocol.CodeWorkspaceBytes {
		t.Errorf("announced: %+v", r.Last)
	}
	if r := h.Upload(write("a"), make([]byte, 900<<10)); r.Code() != 0 {
		t.Errorf("replacing: %+v", r.Last)
	}
	h.Exec("touch b c d e")
	counted(t, f, func(c workspace.Counts) bool { return c.Files == 5 })
	if r := h.Upload(write("f"), nil); r.Code() != protocol.CodeWorkspaceFiles {
		t.Errorf("sixth file: %+v", r.Last)
	}
	if r := h.Upload(write("e"), []byte("x")); r.Code() != 0 {
		t.Errorf("replacing the fifth: %+v", r.Last)
	}
	if r := h.Open(protocol.Remove{Path: []byte("a")}).Collect(); r.Last != protocol.Done {
		t.Errorf("%+v", r.Last)
	}
	if r := h.Upload(write("f"), make([]byte, 600<<10)); r.Code() != 0 {
		t.Errorf("after a removal: %+v", r.Last)
	}
}

func TestUploadsAreJudgedByWhatThereIsNow(t *testing.T) {
	h, _ := limited(t, 1<<20, 5)
	for round := 0; round < 20; round++ {
		if exit := h.Exec("touch 1 2 3 4 5").Exit(t); exit.ExitCode != 0 {
			t.Fatalf("%+v", exit)
		}
		if r := h.Upload(write("6"), nil); r.Code() != protocol.CodeWorkspaceFiles {
			t.Fatalf("round %d, sixth file: %+v", round, r.Last)
		}
		if exit := h.Exec("rm 1 2 3 4 5").Exit(t); exit.ExitCode != 0 {
			t.Fatalf("%+v", exit)
		}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			if r := h.Upload(write(name), []byte("x")); r.Code() != 0 {
				t.Fatalf("round %d, %s: %+v", round, name, r.Last)
			}
		}
		if exit := h.Exec("rm a b c d e").Exit(t); exit.ExitCode != 0 {
			t.Fatalf("%+v", exit)
		}
	}
}

func TestCommandAfterACleanedUpWorkspaceIsJudgedByItsOwnFiles(t *testing.T) {
	h, _ := limited(t, 1<<20, 100)
	for round := 0; round < 5; round++ {
		if exit := h.Exec("head -c 5000000 /dev/zero > big; sleep 60").Exit(t); exit.Flags != protocol.ExitWorkspaceBytes {
			t.Fatalf("round %d, filling: %+v", round, exit)
		}
		if exit := h.Exec("rm -f *").Exit(t); exit.Flags != 0 {
			t.Fatalf("round %d, cleaning: %+v", round, exit)
		}
		if exit := h.Exec("touch $(seq 200); sleep 60").Exit(t); exit.Flags != protocol.ExitWorkspaceFiles {
			t.Fatalf("round %d, files: %+v", round, exit)
		}
		if exit := h.Exec("rm -f *").Exit(t); exit.Flags != 0 {
			t.Fatalf("round %d, cleaning again: %+v", round, exit)
		}
	}
}

func TestLeftOverStagesAreNone(t *testing.T) {
	h, f := limited(t, 1<<20, 100)
	s := h.Open(write("x"))
	s.Send(protocol.Raw{Kind: protocol.TypeData, Bytes: make([]byte, 60000)})
	s.Send(protocol.Cancel)
	s.Collect()
	h.Exec("true").Exit(t)
	counted(t, f, func(c workspace.Counts) bool { return c == workspace.Counts{} })
	if r := h.Upload(write("y"), make([]byte, 1000<<10)); r.Code() != 0 {
		t.Errorf("room is still taken: %+v", r.Last)
	}
}
