// Package tui is the terminal UI: the evidence, ranked, to drill into, and the
// account, to contain and release in.
//
// Its rules:
//
//   - One model, a stack of screens and one dialog, all plain structs that change
//     only inside Update. Commands read, wait and write, and answer with messages;
//     an answer to a question that is no longer open is dropped by its number.
//   - What is painted is of type safe. Constants are so by themselves; whatever
//     came from a log, an account, an error or a person becomes so in say alone.
//     Escape sequences are made in one place, theme.paint.
//   - The colours are the terminal's own sixteen, and nothing is said by colour
//     alone. ASCII mode draws with ASCII; every mark stands beside a word.
//   - Keys are one table of bindings, which feeds the handler, the footer, the
//     help screen and the README. Arrows and vi keys are always paired.
//   - A list formats its visible rows and no others.
//   - A dialog is about the one plan that it fetched, whatever happens to the rows
//     below it, which keep their order while it is open. Guards are not here but
//     in package contain.
//   - What could not be read is on the screen. An empty list says what was
//     searched.
//
// The package alone imports Bubble Tea, Bubbles and Lip Gloss.
package tui
