package process

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sandbox-system/execd/internal/flow"
	"sandbox-system/execd/internal/protocol"
)

const (
	timedOutCode = 124
	signalBase   = 128
	// patience is how long the rest of a killed command's output waits for credit.
	patience = time.Second
)

// Sink is the stream that a command reports to.
type Sink interface {
	ID() uint32
	// Credit is what may still be sent of output.
	Credit() *flow.Credit
	// Send sends a frame and may wait for the host to take earlier ones.
	Send(frame []byte)
	// SendLast sends the last bytes of the stream, which end with its terminal frame, and closes it.
	// It may wait like Send.
	SendLast(frames []byte)
	// Finish sends the terminal frame and closes the stream, without ever waiting.
	Finish(frame []byte)
}

// Spec is what to run.
type Spec struct {
	protocol.Exec
	// Dir is the absolute working directory.
	Dir string
	// Grace is the time between SIGTERM and SIGKILL.
	Grace time.Duration
	// Stdin feeds the command when ExecStdin is set.
	Stdin *flow.Inbox
	// GrantStdin tells the host how many more bytes of stdin it may send.
	GrantStdin func(bytes uint32)
	// Ended is called when the main process has ended. It must not block.
	Ended func()
	// MakeRoom is called when no process can be created, and tells whether to try once more.
	MakeRoom func() bool
}

// Command is one EXEC, from its start until the last process that holds its pipes is gone.
//
// Its EXIT is sent once: when the main process was reaped, all that was in its pipes then was sent,
// and, if it is being terminated, its tree is gone.
type Command struct {
	env  *Env
	sink Sink
	spec Spec
	tree tree

	started  time.Time
	oomKills uint64
	timer    *time.Timer
	stdin    *os.File
	exited   chan struct{} // closed when the main process was reaped

	mu           sync.Mutex
	outputs      [2]*output
	pending      int // outputs that are not done
	status       syscall.WaitStatus
	ended        time.Time // of the main process; zero while it runs
	terminating  bool
	treeGone     bool
	reason       uint8 // EXIT flags of the termination
	finished     bool  // EXIT was built, or nobody is left to send it to
	oomKillsRose bool
}

// lastCommand numbers the commands of the agent's whole life, across connections.
var lastCommand atomic.Uint64

// An agent that is not PID 1 shares the process table with others, containers' agents among them:
// its numbers must not be theirs.
func init() { lastCommand.Store(uint64(os.Getpid()-1) << 32) }

// Start starts a command. An error is a protocol.Error for the stream.
func Start(env *Env, sink Sink, spec Spec) (*Command, error) {
	marker := markerName + "=" + strconv.FormatUint(lastCommand.Add(1), 10)
	vars, ok := environ(env.Environ, spec.Env, marker)
	if !ok {
		return nil, protocol.Error{Code: protocol.CodeNotStarted, Message: "an environment entry is not of the form NAME=value"}
	}
	c := &Command{
		env: env, sink: sink, spec: spec, tree: tree{marker: marker},
		exited: make(chan struct{}), pending: 2, oomKills: env.OOM.Kills(),
	}
	var p pipes
	if err := p.open(spec.Flags&protocol.ExecStdin != 0, env.DevNull); err != nil {
		return nil, notStarted(err)
	}
	defer p.closeTheirs()
	if err := c.adopt(&p); err != nil {
		return nil, notStarted(err)
	}
	attr := &syscall.ProcAttr{
		Dir: spec.Dir, Env: vars, Files: p.theirs[:], Sys: &syscall.SysProcAttr{Setsid: true},
	}
	argv := []string{env.Shell, "-c", spec.Command}
	c.started = time.Now()
	err := env.Table.Start(&c.tree.main, argv, attr, c.mainExited)
	if err == syscall.EAGAIN && spec.MakeRoom != nil && spec.MakeRoom() {
		c.started = time.Now()
		err = env.Table.Start(&c.tree.main, argv, attr, c.mainExited)
	}
	if err != nil {
		c.outputs[0].file.Close()
		c.outputs[1].file.Close()
		c.closeStdin()
		return nil, startError(err, spec.Dir)
	}
	for _, o := range c.outputs {
		go o.run()
	}
	if c.stdin != nil {
		go c.feed()
	}
	if spec.TimeoutMs > 0 {
		c.mu.Lock()
		if c.ended.IsZero() {
			c.timer = time.AfterFunc(time.Duration(spec.TimeoutMs)*time.Millisecond-time.Since(c.started),
				func() { c.Terminate(protocol.ExitTimedOut) })
		}
		c.mu.Unlock()
	}
	return c, nil
}

// adopt makes the agent's ends of the pipes the command's own.
func (c *Command) adopt(p *pipes) (err error) {
	if p.stdin >= 0 {
		c.stdin = os.NewFile(uintptr(p.stdin), "stdin")
	}
	kinds := [2]protocol.Type{protocol.TypeStdout, protocol.TypeStderr}
	limits := [2]uint64{c.spec.StdoutLimit, c.spec.StderrLimit}
	for i := range c.outputs {
		if c.outputs[i], err = newOutput(c, kinds[i], p.outputs[i], limits[i]); err != nil {
			return err
		}
	}
	return nil
}

// mainExited runs in the reaper.
func (c *Command) mainExited(status syscall.WaitStatus, at time.Time) {
	c.mu.Lock()
	c.status, c.ended = status, at
	c.oomKillsRose = c.env.OOM.Kills() > c.oomKills
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	close(c.exited)
	c.spec.Ended()
	c.closeStdin()
	done := 0
	for _, o := range c.outputs {
		if o.mainExited() {
			done++
		}
	}
	c.mu.Lock()
	c.pending -= done
	exit := c.settle()
	c.mu.Unlock()
	if exit != nil {
		c.sink.Finish(exit)
	}
}

// outputDone notes that one output is complete. last is its last frame, which is not sent yet, if
// the caller may wait; nil otherwise. EXIT follows when this was all that it waited for, and goes
// out in one write with the last frame.
func (c *Command) outputDone(last []byte) {
	c.mu.Lock()
	c.pending--
	exit := c.settle()
	if exit == nil && last != nil {
		// Something else will send EXIT, at any moment: this output does not count as complete
		// before its last frame is on its way.
		c.pending++
		c.mu.Unlock()
		c.sink.Send(last)
		last = nil
		c.mu.Lock()
		c.pending--
		exit = c.settle()
	}
	c.mu.Unlock()
	switch {
	case exit == nil:
	case last == nil:
		c.sink.Finish(exit)
	default:
		c.sink.SendLast(append(last, exit...))
	}
}

// settle returns the EXIT frame when its time has come. The lock is held.
func (c *Command) settle() []byte {
	if c.finished || c.pending > 0 || c.ended.IsZero() || c.terminating && !c.treeGone {
		return nil
	}
	return c.exitFrame()
}

func (c *Command) exitFrame() []byte {
	c.finished = true
	exit := protocol.Exit{Flags: c.reason}
	ended := c.ended
	switch {
	case ended.IsZero(): // the kernel has not let go of it yet
		ended = time.Now()
		exit.ExitCode, exit.Signal = signalBase+int32(syscall.SIGKILL), uint8(syscall.SIGKILL)
	case c.status.Signaled():
		exit.Signal = uint8(c.status.Signal())
		exit.ExitCode = signalBase + int32(c.status.Signal())
	default:
		exit.ExitCode = int32(c.status.ExitStatus())
	}
	if c.reason&protocol.ExitTimedOut != 0 {
		exit.ExitCode = timedOutCode
	}
	if c.oomKillsRose {
		exit.Flags |= protocol.ExitOutOfMemory
	}
	exit.StdoutDropped, exit.StderrDropped = c.outputs[0].droppedBytes(), c.outputs[1].droppedBytes()
	exit.DurationUs = uint64(ended.Sub(c.started).Microseconds())
	return protocol.AppendFrame(nil, c.sink.ID(), exit)
}

// Terminate ends the command's whole tree and puts flags into its EXIT. SIGKILL comes after the
// grace, or at once when a workspace limit was passed. A command that ended by itself is not
// touched; a cancelled one gives up what it has not sent. Does not block.
func (c *Command) Terminate(flags uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished || c.terminating {
		return
	}
	if !c.ended.IsZero() {
		if flags&protocol.ExitCancelled != 0 {
			c.reason |= flags
			go c.abandonLater()
		}
		return
	}
	c.begin(flags)
}

// begin starts the termination. The lock is held.
func (c *Command) begin(flags uint8) {
	c.terminating = true
	c.reason |= flags
	grace := c.spec.Grace
	if flags&(protocol.ExitWorkspaceBytes|protocol.ExitWorkspaceFiles) != 0 {
		grace = atOnce
	}
	go c.env.Table.terminate(c.tree, grace, c.exited, c.treeEnded)
}

// treeEnded runs when the tree is gone, or cannot be waited for any longer.
func (c *Command) treeEnded() {
	c.mu.Lock()
	c.treeGone = true
	exit := c.settle()
	c.mu.Unlock()
	if exit != nil {
		c.sink.Finish(exit)
		return
	}
	c.abandonLater()
}

// abandonLater gives the rest of the output its last chance, then sends EXIT without it.
func (c *Command) abandonLater() {
	time.AfterFunc(patience, func() {
		for _, o := range c.outputs {
			if o.abandon() {
				c.outputDone(nil)
			}
		}
		c.mu.Lock()
		var exit []byte
		if !c.finished && c.terminating && c.ended.IsZero() {
			exit = c.exitFrame()
		}
		c.mu.Unlock()
		if exit != nil {
			c.sink.Finish(exit)
		}
		// Outputs that wait for credit look again, and drop.
		c.sink.Credit().Close()
	})
}

// Detach is called when the connection is lost: nobody is left to report to, and a command in the
// foreground ends with its caller.
func (c *Command) Detach() {
	c.mu.Lock()
	c.finished = true
	if c.ended.IsZero() && !c.terminating {
		c.begin(0)
	}
	c.mu.Unlock()
	for _, o := range c.outputs {
		o.abandon()
	}
	c.sink.Credit().Close()
}

// Cancel stops the command on the host's request.
func (c *Command) Cancel() { c.Terminate(protocol.ExitCancelled) }

func (o *output) droppedBytes() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dropped
}
