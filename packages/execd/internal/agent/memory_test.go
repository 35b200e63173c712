package agent

import (
	"runtime"
	"testing"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

// TestHostThatReadsNothingCostsLittle floods a host that has granted far more than it takes.
func TestHostThatReadsNothingCostsLittle(t *testing.T) {
	f := start(t)
	_ = f.listener.SetDeadline(deadline())
	conn, err := f.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	h := testhost.New(t, conn)
	w := testhost.Welcome(f.dir)
	w.Window = 1 << 30
	if _, err := h.Read(); err != nil {
		t.Fatal(err)
	}
	h.Send(0, w)
	if _, err := h.Read(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for id := uint32(1); id <= protocol.MaxStreams; id++ {
		h.Send(id, testhost.Command("echo $$ >> pids; exec head -c 100000000 /dev/zero"))
	}
	for len(waitForPids(t, f.dir+"/pids")) < protocol.MaxStreams {
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	// 16 buffers of 64 KiB, the writer's queue, and what 64 idle commands are made of.
	const bound = 4 << 20
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > bound {
		t.Errorf("%d bytes more on the heap", grown)
	}
}
