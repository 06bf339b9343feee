package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cordon/investigate/event"
)

// A file is one to read.
type file struct {
	path string
	name string // in the coverage: relative to the tree's root
	size int64
}

// A walk finds the files of a tree. Symbolic links are followed, after all else,
// and each file and folder is read once however many ways lead to it.
type walk struct {
	root            string
	files           []file
	skipped, failed []event.Gap
	seen            map[string]bool // real paths
	links           []string
}

// walkTree finds all files at and below root. Its error is that of ctx.
func walkTree(ctx context.Context, root string) (*walk, error) {
	w := &walk{root: root, seen: map[string]bool{}}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		real = root
	}
	if err := w.folder(ctx, root, real); err != nil {
		return w, err
	}
	for len(w.links) > 0 {
		link := w.links[0]
		w.links = w.links[1:]
		if err := w.link(ctx, link); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *walk) name(path string) string {
	name, err := filepath.Rel(w.root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(name)
}

func (w *walk) skip(path, why string) {
	w.skipped = append(w.skipped, event.Gap{Name: w.name(path), Reason: why})
}

func (w *walk) fail(path string, err error) {
	w.failed = append(w.failed, event.Gap{Name: w.name(path), Reason: reasonOf(err)})
}

// folder takes the files of a folder and of those in it. real is its path
// without symbolic links.
func (w *walk) folder(ctx context.Context, path, real string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.seen[real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		w.fail(path, err) // the entries before the error are good
	}
	for _, entry := range entries {
		if err := w.entry(ctx, filepath.Join(path, entry.Name()), filepath.Join(real, entry.Name()), entry); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(ctx context.Context, path, real string, entry fs.DirEntry) error {
	switch {
	case entry.IsDir():
		return w.folder(ctx, path, real)
	case entry.Type()&fs.ModeSymlink != 0:
		w.links = append(w.links, path)
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		w.fail(path, err)
		return nil
	}
	w.file(path, real, info)
	return nil
}

func (w *walk) file(path, real string, info fs.FileInfo) {
	if !info.Mode().IsRegular() {
		w.skip(path, "not a file: "+typeName(info.Mode()))
		return
	}
	w.seen[real] = true
	w.files = append(w.files, file{path, w.name(path), info.Size()})
}

// link follows a symbolic link.
func (w *walk) link(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		w.fail(path, errors.New("a symbolic link to nothing"))
		return nil
	}
	if err != nil {
		w.fail(path, err)
		return nil
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		w.fail(path, err)
		return nil
	}
	switch {
	case w.seen[real]:
		w.skip(path, "a symbolic link to what is read already")
	case info.IsDir():
		return w.folder(ctx, path, real)
	default:
		w.file(path, real, info)
	}
	return nil
}

func typeName(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "of an unknown type"
}
