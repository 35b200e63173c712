package process

import (
	"os"
	"strings"

	"sandbox-system/execd/internal/flow"
)

// markerName is the environment variable by which a command's processes are found once they have
// left its process session.
const markerName = "SANDBOX_COMMAND"

// Env is what all commands of an agent share.
type Env struct {
	Table   *Table
	Buffers *flow.Buffers
	OOM     *OOMCounter
	// Shell runs every command with -c.
	Shell string
	// Environ is the image's environment.
	Environ []string
	// DevNull is a descriptor of /dev/null, open for reading and writing.
	DevNull int
}

// FindShell returns the first of bash and sh that exists, or "" without any.
func FindShell() string {
	for _, path := range []string{"/bin/bash", "/usr/bin/bash", "/bin/sh"} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// environ merges the image's environment, what is given, and the marker: a later value of a name
// replaces an earlier one. ok is false when something given is not of the form K=V.
func environ(image, given []string, marker string) (env []string, ok bool) {
	env = make([]string, 1, len(image)+len(given)+1)
	env[0] = marker
	if len(given) == 0 {
		for _, kv := range image {
			if !strings.HasPrefix(kv, markerName+"=") {
				env = append(env, kv)
			}
		}
		return env, true
	}
	index := make(map[string]int, len(image)+len(given)+1)
	index[markerName] = 0
	for i, kv := range append(append(make([]string, 0, len(image)+len(given)), image...), given...) {
		eq := strings.IndexByte(kv, '=')
		if eq <= 0 {
			if i >= len(image) {
				return nil, false
			}
			continue
		}
		at, known := index[kv[:eq]]
		switch {
		case !known:
			index[kv[:eq]] = len(env)
			env = append(env, kv)
		case at > 0: // the marker cannot be replaced
			env[at] = kv
		}
	}
	return env, true
}
