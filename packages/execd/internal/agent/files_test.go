package agent

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"sandbox-system/execd/internal/protocol"
	"sandbox-system/execd/internal/testhost"
)

func write(path string) protocol.Write {
	return protocol.Write{Path: []byte(path), Mode: 0o640, MaxBytes: protocol.Unlimited, ExpectedBytes: protocol.Unlimited}
}

func whole(path string) protocol.Read {
	return protocol.Read{Path: []byte(path), Length: protocol.Unlimited}
}

func TestUploadAndDownloadAreExact(t *testing.T) {
	h, f := host(t)
	for _, size := range []int{0, 1, 65536, 65537, 3 << 20} {
		content := bytes.Repeat([]byte{0, 0xff, '\n', 7}, size/4+1)[:size]
		path := fmt.Sprintf("a/b c/%d.bin", size)
		m := write(path)
		m.ExpectedBytes = uint64(size)
		w, ok := h.Upload(m, content).Last.(protocol.Written)
		if !ok || string(w.Entry.Path) != path || w.Entry.Size != uint64(size) || w.Entry.Mode != 0o100640 || w.Entry.MtimeMs == 0 {
			t.Fatalf("%d: %+v", size, w)
		}
		r := h.Open(whole(path)).Collect()
		if r.Last != protocol.Done || !bytes.Equal(r.Data, content) || r.Info == nil || r.Info.Size != uint64(size) {
			t.Errorf("%d: %d bytes, %+v, %+v", size, len(r.Data), r.Info, r.Last)
		}
	}
	if info, err := os.Stat(f.dir + "/a/b c"); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("parent: %v %v", info, err)
	}
}

func TestDownloadRanges(t *testing.T) {
	h, _ := host(t)
	h.Exec("printf 0123456789 > f")
	for _, c := range []struct {
		offset, length uint64
		want           string
	}{
		{0, 10, "0123456789"}, {3, 4, "3456"}, {9, 1, "9"}, {5, protocol.Unlimited, "56789"}, {8, 100, "89"},
		{10, 1, ""}, {protocol.Unlimited, 1, ""}, {1 << 63, 1, ""}, {0, 0, ""},
	} {
		r := h.Open(protocol.Read{Path: []byte("f"), Offset: c.offset, Length: c.length}).Collect()
		if string(r.Data) != c.want || r.Last != protocol.Done || r.Info.Size != 10 {
			t.Errorf("%+v: %q %+v", c, r.Data, r.Last)
		}
	}
}

func TestDownloadOfAFileThatShrinks(t *testing.T) {
	f := start(t)
	w := testhost.Welcome(f.dir)
	w.Window = 1000
	h, _ := f.connect(w)
	h.Exec("head -c 100000 /dev/zero > f")
	s := h.Open(whole("f"))
	if info := s.Next(); info.Type != protocol.TypeFileInfo {
		t.Fatalf("%+v", info)
	}
	read(t, s, 1000)
	h.Exec("truncate -s 1500 f")
	s.Send(protocol.Credit{Bytes: 1 << 20})
	if r := s.Collect(); len(r.Data) != 500 || r.Last != protocol.Done {
		t.Errorf("%d bytes, %+v", len(r.Data), r.Last)
	}
}

func TestNamesAreRawBytes(t *testing.T) {
	h, f := host(t)
	for _, name := range []string{
		"-rf", "a b", "new\nline", "tab\t", "%2f", "größe ☃", "bad\xff\xfeutf", `back\slash`, "…", ".hidden", "..x", "*",
		strings.Repeat("n", 255), ".execd-notes", "~", "$(id)",
	} {
		if w, ok := h.Upload(write("d/"+name), []byte("x")).Last.(protocol.Written); !ok || string(w.Entry.Path) != "d/"+name {
			t.Errorf("upload of %q: %+v", name, w)
		}
		if _, err := os.Stat(filepath.Join(f.dir, "d", name)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		r := h.Open(protocol.Stat{Path: []byte("d//./" + name)}).Collect()
		if r.Info == nil || string(r.Info.Path) != "d/"+name {
			t.Errorf("stat of %q: %+v", name, r)
		}
		r = h.Open(protocol.List{Path: []byte("d"), MaxEntries: 10}).Collect()
		if len(r.Entries) != 1 || string(r.Entries[0].Path) != "d/"+name {
			t.Errorf("list with %q: %+v", name, r)
		}
		if r := h.Open(protocol.Remove{Path: []byte("d/" + name)}).Collect(); r.Last != protocol.Done {
			t.Errorf("remove of %q: %+v", name, r.Last)
		}
	}
}

func TestPathsAreConfined(t *testing.T) {
	h, f := host(t)
	outside := filepath.Join(filepath.Dir(f.dir), "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Exec(`mkdir -p d/e w; printf in > file; ln -s ../outside up; ln -s %s abs; ln -s %s/file home; ln -s file rel; ln -s d dir
		ln -s self self; ln -s /proc/self/fd fds; ln -s .. top; ln -s d/../file through; ln -s / slash; ln -s e/.. d/here
		ln -s %s back; mkfifo fifo; ln -s fifo tofifo; ln -s missing dangling; ln -s ../../outside d/up; ln -s new w/created`, outside, f.dir, f.dir)
	cases := map[string]protocol.Code{
		"":                                    protocol.CodeInvalidPath,
		"a\x00b":                              protocol.CodeInvalidPath,
		strings.Repeat("x/", 2100):            protocol.CodeInvalidPath,
		strings.Repeat("x", 256):              protocol.CodeInvalidPath,
		"..":                                  protocol.CodeInvalidPath,
		"../outside":                          protocol.CodeInvalidPath,
		"d/../../outside":                     protocol.CodeInvalidPath,
		"d/../..":                             protocol.CodeInvalidPath,
		outside:                               protocol.CodeInvalidPath,
		"/etc/passwd":                         protocol.CodeInvalidPath,
		f.dir + "x":                           protocol.CodeInvalidPath,
		"up":                                  protocol.CodeInvalidPath,
		"d/up":                                protocol.CodeInvalidPath,
		"abs":                                 protocol.CodeInvalidPath,
		"self":                                protocol.CodeInvalidPath,
		"fds/3":                               protocol.CodeInvalidPath,
		"top/outside":                         protocol.CodeInvalidPath,
		"slash/etc/passwd":                    protocol.CodeInvalidPath,
		"missing":                             protocol.CodeNotFound,
		"missing/x":                           protocol.CodeNotFound,
		"dangling":                            protocol.CodeNotFound,
		"file/x":                              protocol.CodeNotDirectory,
		"file/":                               protocol.CodeNotDirectory,
		"file/.":                              protocol.CodeNotDirectory,
		"file/..":                             protocol.CodeNotDirectory,
		"d":                                   protocol.CodeNotRegular,
		".":                                   protocol.CodeNotRegular,
		"fifo":                                protocol.CodeNotRegular,
		"tofifo":                              protocol.CodeNotRegular,
		"file":                                0,
		"home":                                0,
		"rel":                                 0,
		"through":                             0,
		"./d/../file":                         0,
		"d//e///../../file":                   0,
		"dir/../file":                         0,
		"dir/here/e/../../file":               0,
		"back/file":                           0,
		"back/back/./file":                    0,
		f.dir + "/file":                       0,
		strings.Repeat("d/../", 400) + "file": 0,
	}
	for path, want := range cases {
		r := h.Open(whole(path)).Collect()
		if r.Code() != want || want == 0 && string(r.Data) != "in" {
			t.Errorf("read of %.60q: %+v, want code %d", path, r.Last, want)
		}
	}
	for path, want := range map[string]protocol.Code{
		"up": protocol.CodeInvalidPath, "top/x": protocol.CodeInvalidPath, "slash/tmp/x": protocol.CodeInvalidPath,
		"fifo": protocol.CodeNotRegular, "d": protocol.CodeNotRegular, "d/": protocol.CodeNotRegular, "n/": protocol.CodeNotRegular,
		"file/x": protocol.CodeNotDirectory, "w/created": 0, "dir/made/by/parents": 0,
	} {
		if r := h.Upload(write(path), []byte("y")); r.Code() != want {
			t.Errorf("upload to %q: %+v, want code %d", path, r.Last, want)
		}
	}
	if r := h.Exec("cat w/new d/made/by/parents; [ -L w/created ] && echo link"); string(r.Stdout) != "yylink\n" {
		t.Errorf("through a symlink: %q", r.Stdout)
	}
	if raw, _ := os.ReadFile(outside); string(raw) != "secret" {
		t.Errorf("outside holds %q", raw)
	}
}

func TestOperationsOnNames(t *testing.T) {
	h, _ := host(t)
	h.Exec("mkdir -p full/x/y empty; touch file full/x/f; ln -s full link; ln -s missing dangling; mkfifo fifo")
	step := func(m protocol.Message, want protocol.Code) {
		t.Helper()
		if r := h.Open(m).Collect(); r.Code() != want {
			t.Errorf("%+v: %+v, want code %d", m, r.Last, want)
		}
	}
	remove := func(path string, recursive uint8) protocol.Remove {
		return protocol.Remove{Path: []byte(path), Recursive: recursive}
	}
	mkdir := func(path string) protocol.Mkdir { return protocol.Mkdir{Path: []byte(path)} }
	step(mkdir("a/b/c"), 0)
	step(mkdir("a/b/c"), 0)
	step(mkdir("file"), protocol.CodeExists)
	step(mkdir("file/x"), protocol.CodeNotDirectory)
	step(mkdir("../x"), protocol.CodeInvalidPath)
	step(mkdir("."), 0)
	step(remove("full", 0), protocol.CodeNotEmpty)
	step(remove("empty", 0), 0)
	step(remove("nope", 1), protocol.CodeNotFound)
	step(remove(".", 1), protocol.CodeInvalidPath)
	step(remove("a/..", 1), protocol.CodeInvalidPath)
	step(remove("..", 1), protocol.CodeInvalidPath)
	step(remove("dangling", 0), 0)
	step(remove("fifo", 0), 0)
	step(remove("link", 1), 0) // the symlink itself
	step(protocol.List{Path: []byte("file"), MaxEntries: 1}, protocol.CodeNotDirectory)
	step(protocol.List{Path: []byte("nope"), MaxEntries: 1}, protocol.CodeNotFound)
	step(protocol.Stat{Path: []byte("full/x/f")}, 0)
	step(remove("full", 1), 0)
	if r := h.Exec("ls -A; ls -d a/b/c"); string(r.Stdout) != "a\nfile\na/b/c\n" {
		t.Errorf("%q", r.Stdout)
	}
}

func TestDeepTreesAreListedAndRemoved(t *testing.T) {
	h, _ := host(t)
	// 3,000 levels: past PATH_MAX, and more than there are descriptors.
	h.Exec(`perl -e 'mkdir "deep"; chdir "deep"; for (1..3000) { mkdir "d"; open F, ">f"; chdir "d" }'`)
	r := h.Open(protocol.List{Path: []byte("deep"), MaxEntries: 100000}).Collect()
	if r.Last != protocol.Done || len(r.Entries) < 4000 {
		t.Errorf("%d entries, %+v", len(r.Entries), r.Last)
	}
	if r := h.Open(protocol.Remove{Path: []byte("deep"), Recursive: 1}).Collect(); r.Last != protocol.Done {
		t.Errorf("%+v", r.Last)
	}
	if r := h.Exec("ls -A"); len(r.Stdout) != 0 {
		t.Errorf("%q", r.Stdout)
	}
}

func TestListShowsEveryKindAndHidesStages(t *testing.T) {
	h, _ := host(t)
	h.Exec("mkdir -p d/e; printf 12345 > d/f; ln -s ../.. d/e/up; mkfifo d/p; touch .execd-0123456789abcdef .execd-0123456789abcdeg")
	up := h.Open(write("d/pending"))
	up.Send(protocol.Raw{Kind: protocol.TypeData, Bytes: []byte("x")})
	h.Ping(1)
	r := h.Open(protocol.List{MaxEntries: 1000}).Collect()
	var got []string
	for _, e := range r.Entries {
		got = append(got, fmt.Sprintf("%s %d", e.Path, e.Kind))
	}
	sort.Strings(got)
	want := []string{".execd-0123456789abcdeg 1", "d 2", "d/e 2", "d/e/up 3", "d/f 1", "d/p 4"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	if r := h.Open(protocol.List{MaxEntries: 3}).Collect(); len(r.Entries) != 3 || r.Last != protocol.Done {
		t.Errorf("%d entries, %+v", len(r.Entries), r.Last)
	}
	up.Send(protocol.Cancel)
	up.Collect()
}

func TestListOfAThousandsOfFilesWhileTheyVanish(t *testing.T) {
	h, _ := host(t)
	h.Exec("mkdir d; cd d; touch $(seq 5000)")
	if r := h.Open(protocol.List{MaxEntries: 100000}).Collect(); len(r.Entries) != 5001 {
		t.Errorf("%d entries", len(r.Entries))
	}
	churn := h.Open(testhost.Command("while [ ! -e stop ]; do rm -rf d; mkdir d; touch d/1 d/2 d/3; done 2>/dev/null"))
	for i := 0; i < 50; i++ {
		if r := h.Open(protocol.List{MaxEntries: 100000}).Collect(); r.Last != protocol.Done {
			t.Errorf("%+v", r.Last)
		}
	}
	h.Exec("touch stop")
	churn.Collect().Exit(t)
}

func TestUploadsThatEndEarlyLeaveNothing(t *testing.T) {
	h, _ := host(t)
	h.Exec("printf old > kept")
	chunk := protocol.Raw{Kind: protocol.TypeData, Bytes: []byte("12345")}
	small := write("kept")
	small.MaxBytes = 4
	expects := write("kept")
	expects.ExpectedBytes = 6
	for name, c := range map[string]struct {
		m    protocol.Write
		end  []protocol.Message
		code protocol.Code
	}{
		"cancelled":  {write("kept"), []protocol.Message{chunk, protocol.Cancel}, protocol.CodeCancelled},
		"too large":  {small, []protocol.Message{chunk}, protocol.CodeTooLarge},
		"too short":  {expects, []protocol.Message{chunk, protocol.DataEnd}, protocol.CodeIO},
		"too long":   {expects, []protocol.Message{chunk, chunk, protocol.DataEnd}, protocol.CodeIO},
		"impossible": {protocol.Write{Path: []byte("kept"), MaxBytes: 4, ExpectedBytes: 5}, nil, protocol.CodeTooLarge},
	} {
		s := h.Open(c.m)
		for _, m := range c.end {
			s.Send(m)
		}
		if r := s.Collect(); r.Code() != c.code {
			t.Errorf("%s: %+v", name, r.Last)
		}
		if r := h.Exec("ls -A; cat kept"); string(r.Stdout) != "kept\nold" {
			t.Errorf("%s leaves %q", name, r.Stdout)
		}
	}
}

func TestTwoUploadsToOneNameOneWinsWhole(t *testing.T) {
	h, _ := host(t)
	done := make(chan testhost.Result)
	for i := 0; i < 4; i++ {
		content := bytes.Repeat([]byte{byte('a' + i)}, 300000)
		go func() { done <- h.Upload(write("f"), content) }()
	}
	for i := 0; i < 4; i++ {
		if r := <-done; r.Code() != 0 {
			t.Errorf("%+v", r.Last)
		}
	}
	data := h.Open(whole("f")).Collect().Data
	if len(data) != 300000 || !bytes.Equal(data, bytes.Repeat(data[:1], 300000)) {
		t.Errorf("%d bytes, mixed", len(data))
	}
}

func TestSwappedSymlinksNeverLeadOutside(t *testing.T) {
	h, f := host(t)
	outside := filepath.Join(filepath.Dir(f.dir), "outside")
	if err := os.MkdirAll(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside+"/f", []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.Exec("mkdir real; printf in > real/f; ln -s ../outside bad; ln -s real name")
	swap := h.Open(testhost.Command(`while [ ! -e stop ]; do ln -sfn real tmp && mv -T tmp name; ln -sfn ../outside tmp && mv -T tmp name
		rm -f name; mkdir name 2>/dev/null && printf in > name/f && rm -rf name; done 2>/dev/null`))
	for i := 0; i < 500; i++ {
		if r := h.Open(whole("name/f")).Collect(); bytes.Contains(r.Data, []byte("secret")) {
			t.Fatal("read from outside")
		}
		h.Upload(write("name/g"), []byte("x"))
	}
	h.Exec("touch stop")
	swap.Collect().Exit(t)
	if names, _ := os.ReadDir(outside); len(names) != 1 {
		t.Errorf("outside: %v", names)
	}
}
