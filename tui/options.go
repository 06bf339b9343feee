package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"cordon/contain"
	"cordon/investigate"
)

// Options say what the terminal UI shows and what it may do. The zero value of
// each field but Store works.
type Options struct {
	// Store holds the evidence. Load fills it while the UI is already open.
	Store *investigate.Store
	// Load reads the source into the store until the source ends or ctx is
	// done. It is called at the start, on the refresh key, and every Refresh
	// after the last reading ended. Nil means that the store is complete.
	Load func(ctx context.Context) error
	// Refresh is how long to wait between two readings of a live source; zero
	// reads once.
	Refresh time.Duration

	// Containment is the connected account. When it is nil, nothing can be
	// contained, and WhyNoContainment says why and what to do about it.
	Containment      *contain.Account
	WhyNoContainment string
	// AuditLog is the path of the audit log that Containment writes; empty for
	// none.
	AuditLog string
	// Hold is how long a containment is watched after the write.
	Hold time.Duration

	// Header is what the top of every screen says of the connection.
	Header Header

	// ASCII draws without box characters, arrows and symbols. NoColor draws
	// without colour; so does a NO_COLOR variable with any value but "".
	ASCII, NoColor bool
	// ReadOnly shows that nothing may be changed. It is contain that enforces
	// it.
	ReadOnly bool

	// Now is the clock; time.Now by default.
	Now func() time.Time
	// Input and Output are the terminal; standard input and output by default.
	Input  io.Reader
	Output io.Writer
}

// Header describes the connection: where the evidence is from and as whom one
// would act.
type Header struct {
	// Account and Alias are the account's id and its alias; Caller is the ARN
	// of the operator. All are empty when only files are read.
	Account, Alias, Caller string
	// Regions are those read; Source is where from ("cloudtrail", a path);
	// Window is the period asked for ("last 24h"). Empty is not shown.
	Regions        []string
	Source, Window string
	// Exercise labels an exercise with its speed ("leaked-key x20"); empty for
	// a real account.
	Exercise string
}

// stopGrace is how long the outcome of a running containment is waited for
// once the UI has ended, so that the audit log gets it.
const stopGrace = 15 * time.Second

// output is the terminal.
func (o *Options) output() io.Writer {
	if o.Output == nil {
		return os.Stdout
	}
	return o.Output
}

// Run shows the terminal UI until the operator quits or ctx is done. It returns
// nil when the operator quit. A containment that runs when the UI ends is told
// to stop watching, and its outcome is waited for, so that the audit log has it.
// What was contained or released is then said on Output, with the undo.
func Run(ctx context.Context, o Options) error {
	if o.Store == nil {
		return errors.New("opening the terminal UI: no store")
	}
	if os.Getenv("NO_COLOR") != "" {
		o.NoColor = true
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(ctx, o)
	options := []tea.ProgramOption{tea.WithContext(ctx)}
	if o.Input != nil {
		options = append(options, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		options = append(options, tea.WithOutput(o.Output))
	}
	if o.NoColor {
		// The library reads NO_COLOR as a boolean; https://no-color.org asks
		// for any value.
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	_, err := tea.NewProgram(m, options...).Run()
	cancel()
	late := !m.operations.wait(stopGrace)
	if errors.Is(err, tea.ErrInterrupted) {
		err = nil
	}
	if late {
		err = errors.Join(err, errors.New("a containment was still running: see the audit log for its intent"))
	}
	err = errors.Join(err, m.operations.farewell(o.output(), o.Header.Exercise != ""))
	if err != nil {
		return fmt.Errorf("running the terminal UI: %w", err)
	}
	return nil
}
