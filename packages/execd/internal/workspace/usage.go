package workspace

// Counts is what the workspace holds.
type Counts struct {
	// Bytes is the allocated size of all files.
	Bytes uint64
	// Files counts everything that is not a directory, Dirs the directories.
	Files, Dirs uint64
	// Partial says that the count stopped early: there is more than this.
	Partial bool
}

// OverBytes tells whether the bytes pass the limit.
func (c Counts) OverBytes(l Limits) bool { return c.Bytes > l.Bytes }

// OverFiles tells whether files or directories pass the limit on either.
func (c Counts) OverFiles(l Limits) bool { return c.Files > l.Files || c.Dirs > l.Files }

// Known returns what the workspace held when it was counted last, with the uploads since.
func (w *Workspace) Known() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known
}

// Recount counts what the workspace holds now and takes that over; it stops as soon as
// bytes, files or directories pass stopAt, and says so in Partial, so that a limit bounds its cost as
// well. Files that have no name left but are held open by a process count too.
func (w *Workspace) Recount(stopAt Limits) Counts {
	w.census.Lock()
	defer w.census.Unlock()
	c := w.count(stopAt)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = c
	return c
}

// fits tells whether size more bytes have room, once the replaced ones are gone.
func (w *Workspace) fits(size, replaced uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fitsLocked(size, replaced)
}

func (w *Workspace) fitsLocked(size, replaced uint64) bool {
	used := w.known.Bytes + w.reserved.Bytes
	used -= min(used, replaced)
	return size <= w.limit.Bytes && used <= w.limit.Bytes-size
}

// reserve takes room for bytes that are about to be written; it is given back when the upload ends.
func (w *Workspace) reserve(size, replaced uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.fitsLocked(size, replaced) {
		return false
	}
	w.reserved.Bytes += size
	return true
}

func (w *Workspace) reserveFile() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known.Files+w.reserved.Files >= w.limit.Files {
		return false
	}
	w.reserved.Files++
	return true
}

func (w *Workspace) releaseFile() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reserved.Files--
}

func (w *Workspace) stage(id inode) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.staging[id] = struct{}{}
}

func (w *Workspace) isStaged(id inode) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.staging[id]
	return ok
}
