//go:build !cgo

package main

func openCgoStrings(Files) (Greeter, error) { return nil, errCgo }
func openCgoBuffer(Files) (Greeter, error)  { return nil, errCgo }
func echoCgo(Files) (Echo, error)           { return nil, errCgo }
func openPlugin(Files) (Greeter, error)     { return nil, errCgo }
func echoPlugin(Files) (Echo, error)        { return nil, errCgo }
