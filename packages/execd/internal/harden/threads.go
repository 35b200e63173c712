package harden

import (
	"runtime"
	"sync"
)

// reserve is how many threads are made in advance: one each for the reaper, a fork, a look at the
// process table and the workspace monitor, diskSlots of package agent for file operations, and two
// for the moments at which the scheduler replaces a thread that is only slow.
const reserve = 10

// ReserveThreads makes the runtime's threads before any user code runs. A Go program dies when it
// cannot make a thread that it needs, and a command that has filled the container's process limit
// makes sure that it cannot. The runtime keeps idle threads for good.
func ReserveThreads() {
	var locked, done sync.WaitGroup
	locked.Add(reserve)
	done.Add(reserve)
	release := make(chan struct{})
	for i := 0; i < reserve; i++ {
		go func() {
			runtime.LockOSThread()
			locked.Done()
			<-release
			runtime.UnlockOSThread()
			done.Done()
		}()
	}
	locked.Wait()
	close(release)
	done.Wait()
}
