package flow

import (
	"bytes"
	"testing"
)

func TestCredit(t *testing.T) {
	c := NewCredit(10)
	if got := c.Take(4); got != 4 {
		t.Errorf("took %d", got)
	}
	if got := c.Take(100); got != 6 {
		t.Errorf("took %d", got)
	}
	if got := c.Take(1); got != 0 {
		t.Errorf("took %d of nothing", got)
	}
	waited := make(chan bool)
	go func() { waited <- c.Wait() }()
	c.Grant(3)
	if !<-waited {
		t.Error("credit, but Wait says closed")
	}
	c.Grant(^uint64(0))
	if got := c.Take(^uint64(0)); got != ^uint64(0) {
		t.Errorf("a grant past the largest number left %d", got)
	}
	go func() { waited <- c.Wait() }()
	c.Close()
	if <-waited || c.Take(1) != 0 {
		t.Error("closed, but there is credit")
	}
}

func TestInboxHoldsTheWindowAtMost(t *testing.T) {
	in := NewInbox(100)
	if !in.Put(make([]byte, 60)) || !in.Put(make([]byte, 40)) {
		t.Fatal("refused within the window")
	}
	if in.Put([]byte{1}) {
		t.Fatal("accepted past the window")
	}
}

func TestInboxGrantsWhatWasConsumed(t *testing.T) {
	in := NewInbox(100)
	in.Put(make([]byte, 100))
	granted := 0
	for i := 0; i < 10; i++ {
		granted += int(in.Consumed(10))
	}
	if granted < 75 || granted > 100 {
		t.Fatalf("granted %d", granted)
	}
	if !in.Put(make([]byte, granted)) || in.Put([]byte{1}) {
		t.Error("what was granted is not what is accepted")
	}
	if NewInbox(1).Consumed(1) != 1 {
		t.Error("a window of one byte stands still")
	}
}

func TestInboxKeepsOrderAndEnds(t *testing.T) {
	in := NewInbox(1 << 20)
	var want, got []byte
	for i := 0; i < 3000; i++ {
		b := bytes.Repeat([]byte{byte(i)}, i%7+1)
		want = append(want, b...)
		in.Put(b)
	}
	if !in.End() || in.End() || in.Put([]byte{1}) {
		t.Error("the end is not the end")
	}
	for {
		chunk, ok := in.Take()
		if !ok {
			t.Fatal("closed")
		}
		if chunk == nil {
			break
		}
		got = append(got, chunk...)
	}
	if !bytes.Equal(got, want) {
		t.Error("out of order")
	}
	in.Close()
	if _, ok := in.Take(); ok {
		t.Error("open after Close")
	}
}

func TestBuffersAreBounded(t *testing.T) {
	b := NewBuffers()
	var held [][]byte
	for i := 0; i < maxBuffers; i++ {
		held = append(held, b.Get())
	}
	got := make(chan []byte)
	go func() { got <- b.Get() }()
	b.Put(held[0][:3])
	if buf := <-got; len(buf) != BufferSize {
		t.Errorf("%d bytes", len(buf))
	}
}
