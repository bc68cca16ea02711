// Package life defines the terms that all of hotso uses for the life of a version: its
// states and the events that report them, the report on how it left the process, and
// the errors that say why it was not loaded, or had to go.
//
// Programs mostly use these types under the names that package host gives them:
// host.Event is [Event]. They are here, and not there, because the packages that host
// is made of need them too.
package life
