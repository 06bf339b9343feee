package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
	"github.com/goccy/go-yaml"
)

// A config is config.yaml: what should not be typed at night. Unknown keys are
// errors, because a misspelt "protected" would protect nobody.
type config struct {
	// Protected are the principals that containment must leave alone: names or
	// patterns, as package contain reads them.
	Protected []string `yaml:"protected"`
}

// loadConfig reads the config file. No file is an empty config, unless
// CORDON_CONFIG names one.
func (a *App) loadConfig() (config, error) {
	path := a.configPath()
	f, err := os.Open(path) //nolint:gosec // the operator's own file
	if errors.Is(err, fs.ErrNotExist) && a.Getenv("CORDON_CONFIG") == "" {
		return config{}, nil
	}
	if err != nil {
		return config{}, brokenConfig(path, err)
	}
	defer f.Close()
	c, err := parseConfig(f)
	if err != nil {
		return config{}, brokenConfig(path, err)
	}
	return c, nil
}

func brokenConfig(path string, err error) error {
	return failure("config", "repair or move the file: its list of protected principals cannot be trusted as it is, so nothing is changed",
		fmt.Errorf("reading %s: %w", path, err))
}

func parseConfig(r io.Reader) (config, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return config{}, err
	}
	var c config
	err = yaml.NewDecoder(bytes.NewReader(raw), yaml.DisallowUnknownField()).Decode(&c)
	if errors.Is(err, io.EOF) {
		return config{}, nil
	}
	if err != nil {
		return config{}, atLine(err)
	}
	for i, pattern := range c.Protected {
		if strings.TrimSpace(pattern) == "" {
			return config{}, fmt.Errorf("protected: entry %d is empty", i+1)
		}
	}
	return c, nil
}

// atLine puts the place that the YAML library found into the message.
func atLine(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return err
	}
	pos := at.GetToken().Position
	return fmt.Errorf("line %d, column %d: %s", pos.Line, pos.Column, at.GetMessage())
}

// homes follow the XDG base directory specification, which says that a relative
// path in these variables is to be ignored.
func (a *App) stateHome() string { return a.absolute("XDG_STATE_HOME", xdg.StateHome) }

func (a *App) configHome() string { return a.absolute("XDG_CONFIG_HOME", xdg.ConfigHome) }

func (a *App) absolute(variable, fallback string) string {
	if dir := a.Getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	return fallback
}

func (a *App) configPath() string {
	if path := a.Getenv("CORDON_CONFIG"); path != "" {
		return path
	}
	return filepath.Join(a.configHome(), "cordon", "config.yaml")
}

// auditPath is where the audit log is written. Each exercise has one of its own,
// so that a drill can never be mistaken for an incident, nor for another drill.
func (a *App) auditPath(flag string, exercise bool) string {
	switch {
	case flag != "":
		return flag
	case exercise:
		return filepath.Join(a.exerciseFolder(), a.started.UTC().Format("20060102T150405.000000Z")+exerciseSuffix)
	case a.Getenv("CORDON_AUDIT_LOG") != "":
		return a.Getenv("CORDON_AUDIT_LOG")
	default:
		return filepath.Join(a.stateHome(), "cordon", "audit.jsonl")
	}
}

const exerciseSuffix = ".audit.jsonl"

func (a *App) exerciseFolder() string { return filepath.Join(a.stateHome(), "cordon", "exercise") }

// lastExercise is the audit log of the latest exercise that has one.
func (a *App) lastExercise() (string, error) {
	entries, err := os.ReadDir(a.exerciseFolder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", failure("no_audit_log", "", err)
	}
	var logs []string // in the order of their names, which are times
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), exerciseSuffix) {
			logs = append(logs, filepath.Join(a.exerciseFolder(), e.Name()))
		}
	}
	if len(logs) == 0 {
		return "", failure("no_audit_log", "cordon --sandbox begins an exercise",
			fmt.Errorf("no exercise is recorded in %s", a.exerciseFolder()))
	}
	return logs[len(logs)-1], nil
}
