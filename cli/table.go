package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"cordon/investigate/clean"
)

// The values of --format.
const (
	formatText = "text"
	formatJSON = "json"
	formatCSV  = "csv"
)

// A table is rows of cells under a header. Cells are cleaned when printed.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table with columns two cells apart, by display width, so
// that wide and combining characters do not shift what follows. The header is
// in capitals.
func (t *table) print(w io.Writer) {
	lines := make([][]string, 0, len(t.rows)+1)
	header := make([]string, len(t.header))
	for i, name := range t.header {
		header[i] = strings.ToUpper(name)
	}
	for _, row := range append([][]string{header}, t.rows...) {
		cleaned := make([]string, len(row))
		for i, cell := range row {
			cleaned[i] = clean.Line(cell)
		}
		lines = append(lines, cleaned)
	}
	widths := make([]int, len(t.header))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], displaywidth.String(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			b.WriteString(cell)
			b.WriteString(strings.Repeat(" ", widths[i]-displaywidth.String(cell)+2))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// printCSV writes the table as RFC 4180 with a header. A cell that a
// spreadsheet would run as a formula gets an apostrophe before it (OWASP, "CSV
// Injection").
func (t *table) printCSV(w io.Writer) error {
	out := csv.NewWriter(&stream{w: w})
	if err := out.Write(t.header); err != nil {
		return err
	}
	for _, row := range t.rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = formulaSafe(clean.Line(cell))
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func formulaSafe(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

// writeJSON writes v as one indented JSON object. Values stay what they are, for
// programs, but whatever a terminal would act on is written as its \u escape.
func writeJSON(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := (&stream{w: w}).Write(escapeUnprintable(buf.Bytes()))
	return err
}

// escapeUnprintable rewrites valid JSON so that only printable characters
// remain: C1 controls, bidi and zero-width marks can stand in strings only,
// where a \u escape means the same.
func escapeUnprintable(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	for _, r := range string(doc) {
		switch {
		case r == '\n' || clean.Line(string(r)) == string(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// A writeError is a result that could not be written. It is told apart from a
// connection to AWS that broke: only a reader that went away is nothing to tell.
type writeError struct{ err error }

// Error is the cause's text.
func (e *writeError) Error() string { return e.err.Error() }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *writeError) Unwrap() error { return e.err }

// readerGone reports whether err is that of a pipe that nobody reads any more.
func readerGone(err error) bool {
	w, ok := errors.AsType[*writeError](err)
	return ok && errors.Is(w.err, syscall.EPIPE)
}

// A stream is a writer that keeps its first error, so that printers need not
// look after each line.
type stream struct {
	w   io.Writer
	err error
}

// Write writes unless an earlier write failed.
func (s *stream) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err != nil {
		s.err = &writeError{err}
	}
	return n, s.err
}

// printing runs a text printer and returns the first error of its writes.
func printing(w io.Writer, print func(io.Writer)) error {
	s := &stream{w: w}
	print(s)
	return s.err
}
