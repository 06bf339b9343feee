package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// A contextReader fails once its context has ended. A Read that is under way is
// not interrupted, which for files need not be.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// A countingReader counts what is read through it.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// A bombGuard ends the reading of what expands beyond reason.
type bombGuard struct {
	r      io.Reader
	packed *countingReader
	n      int64
}

func (b *bombGuard) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	if b.n > bombSize && b.n > bombRatio*b.packed.n {
		return n, errBomb
	}
	return n, err
}

// A pumped reader reads in a goroutine of its own, so that waiting for a pipe or
// a terminal ends with the context. The goroutine itself ends when its last Read
// does.
type pumped struct {
	ctx    context.Context
	chunks chan []byte
	err    error // set before chunks is closed
	rest   []byte
}

func pump(ctx context.Context, r io.Reader) *pumped {
	p := &pumped{ctx: ctx, chunks: make(chan []byte)}
	go p.run(r)
	return p
}

func (p *pumped) run(r io.Reader) {
	defer close(p.chunks)
	for {
		chunk := make([]byte, sniffed)
		n, err := r.Read(chunk)
		if n > 0 {
			select {
			case p.chunks <- chunk[:n]:
			case <-p.ctx.Done():
				p.err = p.ctx.Err()
				return
			}
		}
		if err != nil {
			p.err = err
			return
		}
	}
}

func (p *pumped) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		select {
		case chunk, ok := <-p.chunks:
			if !ok {
				return 0, p.err
			}
			p.rest = chunk
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// reasonOf says in a few words why something could not be read.
func reasonOf(err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated gzip"
	case errors.Is(err, gzip.ErrChecksum):
		return "gzip with a wrong checksum"
	case errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return "damaged gzip"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(err, syscall.ELOOP):
		return "a symbolic link that leads to itself"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
