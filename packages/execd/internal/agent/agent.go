// Package agent wires the parts of execd: it serves one host connection after the other, for as
// long as the container lives.
package agent

import (
	"os"

	"sandbox-system/execd/internal/process"
	"sandbox-system/execd/internal/transport"
	"sandbox-system/execd/internal/workspace"
)

// Exit statuses of the agent.
const (
	// StatusEnded: the host asked for it, or was silent for too long.
	StatusEnded = 0
	// StatusUsage: the command line makes no sense, or the container lacks what every agent needs.
	StatusUsage = 64
	// StatusNeverConnected: no host could be reached at start.
	StatusNeverConnected = 70
	// StatusNoWorkspace: the directory that the host names cannot be opened.
	StatusNoWorkspace = 71
)

// Options is what an agent is made of.
type Options struct {
	// Version is the agent's own version, for HELLO.
	Version string
	// Env is what commands share; its table is being reaped.
	Env *process.Env
	// Warn takes one line for the container's log.
	Warn func(line string)
	// Exit ends the process.
	Exit func(status int)
}

// Agent lives as long as the container, across connections.
type Agent struct {
	Options
	orphan  *orphanWatch
	secret  []byte // of the first WELCOME
	space   *workspace.Workspace
	monitor *monitor
}

// New returns an agent without a connection.
func New(o Options) *Agent {
	a := &Agent{Options: o}
	a.orphan = newOrphanWatch(func() { a.end("no word from the host for too long") })
	return a
}

// Heard tells the agent that bytes have arrived from the host.
func (a *Agent) Heard() { a.orphan.heard() }

// Run serves connections until the agent ends, and returns its exit status.
func (a *Agent) Run(t transport.Transport) int {
	for {
		link, err := t.Next()
		if err == transport.ErrNeverConnected {
			a.Warn(err.Error())
			return StatusNeverConnected
		}
		if err != nil { // the attached stdin has ended
			a.Env.Table.KillAll()
			return StatusEnded
		}
		s := &session{agent: a, link: link}
		err = s.serve()
		t.Drop()
		s.lose()
		if s.status >= 0 {
			return s.status
		}
		if isViolation(err) {
			a.Warn("connection ended: " + err.Error())
		}
	}
}

// end kills what runs and exits. PID 1 takes its container along anyway.
func (a *Agent) end(why string) {
	a.Warn("ending: " + why)
	if os.Getpid() != 1 {
		a.Env.Table.KillAll()
	}
	a.Exit(StatusEnded)
}
