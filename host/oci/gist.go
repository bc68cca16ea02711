package oci

import (
	"errors"
	"fmt"
	"io/fs"
	"net"

	"oras.land/oras-go/v2/registry/remote/errcode"
)

// gist is what an error has in common with the same one of another try: texts have ports, numbers of bytes and what
// registries call a request by.
func gist(err error) string {
	switch e := err.(type) { // each layer by itself
	case nil:
		return ""
	case *errcode.ErrorResponse:
		return fmt.Sprint(e.StatusCode)
	case *net.DNSError:
		return "name " + e.Err
	case *net.OpError:
		return e.Op + " " + gist(e.Err)
	case *fs.PathError:
		return e.Op + " " + gist(e.Err)
	case interface{ Unwrap() []error }:
		text := ""
		for _, inner := range e.Unwrap() {
			text += gist(inner) + "\n"
		}
		return text
	}
	if inner := errors.Unwrap(err); inner != nil {
		return gist(inner)
	}
	return err.Error()
}
