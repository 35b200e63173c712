package transport

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// fakeClock passes time by sleeping through it.
type fakeClock struct {
	now    time.Time
	pauses []time.Duration
	each   func()
}

func (c *fakeClock) sleep(d time.Duration) {
	c.pauses = append(c.pauses, d)
	c.now = c.now.Add(d)
	if c.each != nil {
		c.each()
	}
}

func unixWith(path string, clock *fakeClock) *Unix {
	u := NewUnix(path, func() {})
	u.now = func() time.Time { return clock.now }
	u.sleep = clock.sleep
	return u
}

func TestUnixGivesUpOnAFirstConnectionAfterTenSeconds(t *testing.T) {
	clock := &fakeClock{}
	u := unixWith(filepath.Join(t.TempDir(), "none"), clock)
	if _, err := u.Next(); err != ErrNeverConnected {
		t.Fatal(err)
	}
	var total time.Duration
	for i, p := range clock.pauses {
		total += p
		if want := firstPause << i; want <= maxPause && p != want || p > maxPause {
			t.Errorf("pause %d is %v", i, p)
		}
	}
	if total > connectLimit || total < connectLimit-maxPause {
		t.Errorf("gave up after %v", total)
	}
}

func TestUnixKeepsTryingOnceItWasConnected(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listen := func() *net.UnixListener {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	clock := &fakeClock{}
	u := unixWith(path, clock)
	l := listen()
	if _, err := u.Next(); err != nil {
		t.Fatal(err)
	}
	u.Drop()
	l.Close()
	clock.each = func() {
		if len(clock.pauses) == 100 {
			l = listen()
		}
	}
	if _, err := u.Next(); err != nil {
		t.Fatal(err)
	}
	u.Drop()
	l.Close()
}
