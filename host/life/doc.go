// Package life has the words that all of hotso uses for the life of a version: its
// states and the events that tell of them, the report on how it left the process, and
// the errors that say why it did not come, or had to go.
//
// Programs mostly use these types under the names that package host gives them:
// host.Event is [Event]. They are here, and not there, because the packages that host
// is made of need them too.
package life
