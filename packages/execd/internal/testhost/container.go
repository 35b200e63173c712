package testhost

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandbox-system/execd/internal/protocol"
)

// Build compiles execd as it is shipped and returns the path of the binary.
func Build(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "execd")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "sandbox-system/execd/cmd/execd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// Container is an execd as PID 1 of a real container, hardened as in production.
type Container struct {
	t        testing.TB
	ID       string
	Dir      string // the host's side of /run/execd
	listener *net.UnixListener
}

// StartContainer starts one from debian:bookworm-slim over the unix transport.
func StartContainer(t testing.TB, binary string, flags ...string) *Container {
	t.Helper()
	dir, err := os.MkdirTemp("", "execd-ct")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	c := &Container{t: t, Dir: dir, listener: listener}
	args := append([]string{
		"run", "-d", "--label", "sandbox-system.execd-test=1",
		"--network=none", "--user=1000:1000", "--cap-drop=ALL", "--security-opt=no-new-privileges",
		"--read-only", "--tmpfs=/tmp:size=16m", "--tmpfs=/workspace:size=512m,uid=1000,gid=1000,mode=755",
		"--pids-limit=256", "--memory=256m", "--memory-swap=256m",
		"-v", dir + ":/run/execd:ro", "-v", binary + ":/usr/local/bin/execd:ro", "--entrypoint=/usr/local/bin/execd",
	}, flags...)
	c.ID = c.docker(append(args, "debian:bookworm-slim")...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("agent: %s", c.docker("logs", c.ID))
		}
		c.docker("rm", "-f", "-v", c.ID)
		listener.Close()
		os.RemoveAll(dir)
	})
	return c
}

// Connect takes the agent's next connection.
func (c *Container) Connect() *Host {
	c.t.Helper()
	w := Welcome("/workspace")
	return c.ConnectWith(w)
}

// ConnectWith is Connect with other terms.
func (c *Container) ConnectWith(w protocol.Welcome) *Host {
	c.t.Helper()
	_ = c.listener.SetDeadline(time.Now().Add(Patience))
	conn, err := c.listener.Accept()
	if err != nil {
		c.t.Fatalf("no connection: %v; %s", err, c.docker("logs", c.ID))
	}
	c.t.Cleanup(func() { conn.Close() })
	return Greet(c.t, conn, w)
}

// Docker runs a docker command about the container.
func (c *Container) Docker(args ...string) string { return c.docker(args...) }

func (c *Container) docker(args ...string) string {
	c.t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		c.t.Errorf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
