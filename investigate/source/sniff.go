package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// sniffed is how much of a stream is looked at to tell what it is.
	sniffed = 64 << 10
	// A gzip is a bomb if it has expanded to more than bombSize and by more than
	// bombRatio. Files of a trail expand seven- to twentyfold.
	bombSize  = 64 << 20
	bombRatio = 250
	// maxGzips is how many gzips may be inside one another: two are met where
	// both a tool and a server compress.
	maxGzips = 2
)

var errBomb = errors.New("gzip that expands more than 250-fold")

// unread is the outcome of a stream whose kind is known from its first bytes.
func (f *streamReader) unread(kind string) (outcome, error) {
	if strings.HasSuffix(kind, "unpack it first") {
		return outcome{failed: kind}, nil
	}
	return outcome{skipped: kind}, nil
}

// open finds out by its first bytes what a stream is, and takes off compression
// and encoding. kind is not empty for what holds no JSON.
func (f *streamReader) open(r io.Reader) (in *bufio.Reader, kind string, err error) {
	in = f.buffered(r, 0)
	for inside := range maxGzips + 1 {
		head, err := in.Peek(512)
		if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
			return in, "", err
		}
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
			if inside == maxGzips {
				return in, "gzip inside gzip inside gzip: unpack it first", nil
			}
			if in, err = f.unzip(in, inside); err != nil {
				return in, "", err
			}
			continue
		case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
			_, err = in.Discard(3)
			return in, "", err
		case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
			utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
			return f.buffered(transform.NewReader(in, utf16), maxGzips+1), "", nil
		}
		return in, kindOf(head), nil
	}
	return in, "", nil
}

// unzip starts on a gzip, of one member or more, that is inside so many others.
func (f *streamReader) unzip(in *bufio.Reader, inside int) (*bufio.Reader, error) {
	packed := &countingReader{r: in}
	z := &f.gzips[inside]
	if err := z.Reset(packed); err != nil {
		return in, err
	}
	return f.buffered(&bombGuard{r: z, packed: packed}, inside+1), nil
}

// buffered is r behind the nth buffer.
func (f *streamReader) buffered(r io.Reader, n int) *bufio.Reader {
	if f.ins[n] == nil {
		f.ins[n] = bufio.NewReaderSize(r, sniffed)
	}
	f.ins[n].Reset(r)
	return f.ins[n]
}

// kindOf tells what holds no JSON by its first bytes, and says what to do if
// there may be logs inside.
func kindOf(head []byte) string {
	magic := []struct{ at, kind, bytes string }{
		{"", "zip archive: unpack it first", "PK\x03\x04"},
		{"", "zstd: unpack it first", "\x28\xb5\x2f\xfd"},
		{"", "bzip2: unpack it first", "BZh"},
		{"", "xz: unpack it first", "\xfd7zXZ\x00"},
		{"", "7z archive: unpack it first", "7z\xbc\xaf\x27\x1c"},
	}
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m.kind
		}
	}
	switch {
	case len(head) == 0:
		return "empty"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "tar archive: unpack it first"
	case bytes.IndexByte(head, 0) >= 0:
		return "not a log: binary"
	}
	return ""
}

// mayHoldJSON reports whether a line begins as an object, an array or an
// exported message does.
func mayHoldJSON(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.TrimLeft(line, " \t\r\n")
		if len(line) > 0 && (line[0] == '{' || line[0] == '[') || exportPrefix.Match(line) {
			return true
		}
	}
	return false
}
