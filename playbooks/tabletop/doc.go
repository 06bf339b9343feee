// Package tabletop plays scenarios in a simulated AWS account: people, roles
// and services at their daily work, and among them an adversary whose next
// step depends on what its last one was answered. Nothing is scripted around
// the account: every act of everyone is a call to account.Do, authorized and
// recorded there like a call over HTTP. So a policy that a responder attaches
// is what stops the adversary, and taking it away is what lets it go on.
//
// # Time
//
// Timestamps are the wall clock's. A Scenario opens in the middle of an
// attack: what came before (a day of work, and the attack's first steps) is
// history, written at Start with timestamps in the past by the same calls, in
// the order of their times. From then on everyone acts live. Speed divides the
// waits between acts and changes nothing else: at speed 20 a wait of a minute
// takes three seconds, and an event that happens at 14:03:07 says 14:03:07.
//
// Events are delivered to LookupEvents at once. The account's limit on
// LookupEvents is 2 requests per second times the speed, so that a reader is
// throttled no sooner, for what happens in the exercise, than in life.
//
// # Repeatability
//
// All randomness comes from one seed. Each actor draws from a sequence of its
// own, so what a responder does to one leaves the choices of the others as
// they were. With one seed and one starting time, two exercises write the same
// history, and POST /_cordon/reset brings back the same access keys.
//
// # Format
//
// A scenario is a YAML file, and its keys are the fields of Scenario. An
// unknown key, a goto to nowhere or a principal that nothing creates is an
// error that names the line.
package tabletop
