package agent

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

func TestReconnectKeepsBackgroundAndKillsForeground(t *testing.T) {
	f := start(t)
	h, conn := f.connect(testhost.Welcome(f.dir))
	if len(h.Hello.Secret) != 0 || h.Hello.Version != 1 {
		t.Errorf("first %+v", h.Hello)
	}
	h.Exec("sleep 60 >/dev/null 2>&1 & echo $! > background")
	background := waitForPids(t, filepath.Join(f.dir, "background"))
	h.Open(testhost.Command("trap '' TERM; echo $$ > foreground; while :; do sleep 0.05; done"))
	foreground := waitForPids(t, filepath.Join(f.dir, "foreground"))
	up := h.Open(protocol.Write{Path: []byte("upload"), Mode: 0o644, MaxBytes: 100, ExpectedBytes: protocol.Unlimited})
	up.Send(protocol.Raw{Kind: protocol.TypeData, Bytes: []byte("half")})
	h.Ping(1)
	conn.Close()

	h, _ = f.connect(testhost.Welcome(f.dir))
	if !bytes.Equal(h.Hello.Secret, testhost.Secret) {
		t.Errorf("second %+v", h.Hello)
	}
	for deadline := time.Now().Add(testhost.Patience); alive(foreground[0]); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the foreground command is alive")
		}
	}
	if !alive(background[0]) {
		t.Error("the background process is gone")
	}
	if r := h.Exec("ls -A"); string(r.Stdout) != "background\nforeground\n" {
		t.Errorf("workspace: %q", r.Stdout)
	}
}

func TestWelcomeWithAnotherSecretIsRefused(t *testing.T) {
	f := start(t)
	_, conn := f.connect(testhost.Welcome(f.dir))
	conn.Close()
	for name, change := range map[string]func(*protocol.Welcome){
		"secret":    func(w *protocol.Welcome) { w.Secret = bytes.Repeat([]byte{1}, protocol.SecretSize) },
		"short":     func(w *protocol.Welcome) { w.Secret = w.Secret[:31] },
		"workspace": func(w *protocol.Welcome) { w.WorkspaceDir = "/tmp" },
		"version":   func(w *protocol.Welcome) { w.Version = 2 },
		"window":    func(w *protocol.Welcome) { w.Window = 0 },
	} {
		conn, err := f.listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		h := testhost.New(t, conn)
		if _, err := h.Read(); err != nil {
			t.Fatal(err)
		}
		w := testhost.Welcome(f.dir)
		change(&w)
		h.Send(0, w)
		if m, err := h.Read(); err == nil {
			t.Errorf("%s: answered with %+v", name, m)
		}
		conn.Close()
	}
}

func TestViolationsCloseTheConnection(t *testing.T) {
	frame := func(stream uint32, m protocol.Message) []byte { return protocol.AppendFrame(nil, stream, m) }
	data := func(kind protocol.Type, n int) protocol.Message {
		return protocol.Raw{Kind: kind, Bytes: make([]byte, n)}
	}
	write := protocol.Write{Path: []byte("f"), MaxBytes: protocol.Unlimited, ExpectedBytes: protocol.Unlimited}
	stdin := testhost.Command("sleep 60")
	stdin.Flags = protocol.ExecStdin
	for name, raw := range map[string][]byte{
		"oversize":             {0, 4, 0, 1, 0x10, 0, 0, 0, 1},
		"unknown type":         {0, 0, 0, 0, 0x77, 0, 0, 0, 1},
		"agent's frame":        frame(1, protocol.Done),
		"second welcome":       frame(0, testhost.Welcome("/")),
		"stream never opened":  frame(5, protocol.Cancel),
		"stream opened twice":  append(frame(1, testhost.Command("sleep 60")), frame(1, testhost.Command("true"))...),
		"short payload":        {0, 0, 0, 1, 0x04, 0, 0, 0, 0, 9},
		"stdin unasked for":    append(frame(1, testhost.Command("sleep 60")), frame(1, data(protocol.TypeStdin, 1))...),
		"data to a command":    append(frame(1, stdin), frame(1, data(protocol.TypeData, 1))...),
		"stdin after its end":  append(append(frame(1, stdin), frame(1, protocol.StdinEnd)...), frame(1, data(protocol.TypeStdin, 1))...),
		"data without credit":  append(append(frame(1, stdin), frame(1, data(protocol.TypeStdin, 600))...), frame(1, data(protocol.TypeStdin, 600))...),
		"upload past its room": append(frame(1, write), frame(1, data(protocol.TypeData, 60000))...),
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			w := testhost.Welcome(f.dir)
			w.Window = 1000
			h, conn := f.connect(w)
			h.SendRaw(raw)
			select {
			case <-h.Closed:
			case <-time.After(testhost.Patience):
				t.Fatal("the connection is open")
			}
			conn.Close()
			h, _ = f.connect(w)
			if r := h.Exec("ls -A"); len(r.Stdout) != 0 || r.Exit(t).ExitCode != 0 {
				t.Errorf("after it: %q", r.Stdout)
			}
		})
	}
}

func TestMoreThan64StreamsAreRefused(t *testing.T) {
	h, _ := host(t)
	var open []*testhost.Stream
	for i := 0; i < protocol.MaxStreams; i++ {
		open = append(open, h.Open(testhost.Command("exec sleep 60")))
	}
	if r := h.Exec("true"); r.Code() != protocol.CodeTooManyStreams {
		t.Errorf("%+v", r.Last)
	}
	for _, s := range open {
		s.Send(protocol.Cancel)
	}
	for _, s := range open {
		s.Collect().Exit(t)
	}
	h.Exec("true").Exit(t)
}

func TestSilentHostEndsTheAgent(t *testing.T) {
	f := start(t)
	w := testhost.Welcome(f.dir)
	w.OrphanTimeoutMs = 200
	h, _ := f.connect(w)
	h.Ping(1)
	select {
	case status := <-f.exited:
		if status != StatusEnded {
			t.Errorf("status %d", status)
		}
		f.exited <- status
	case <-time.After(testhost.Patience):
		t.Fatal("the agent lives on")
	}
}

func TestShutdownEndsTheAgent(t *testing.T) {
	h, f := host(t)
	h.Send(0, protocol.Shutdown)
	if status := <-f.exited; status != StatusEnded {
		t.Errorf("status %d", status)
	}
	f.exited <- StatusEnded
}
