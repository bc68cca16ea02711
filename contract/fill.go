package contract

import "fmt"

// A method that is Read of an io.Reader fills a slice of its caller's. It crosses as one that is told
// how many bytes there is room for, and returns them, and the error that came with them.

// Room is how many bytes a Read into p asks for.
func Room(p []byte) uint32 { return uint32(min(len(p), chunk)) }

// Fill reads the results of a Read into p.
func (c *Call) Fill(p []byte) (int, error) {
	errs := c.errors()
	c.Decoder.Borrow()
	data := c.Decoder.ByteSlice()
	if len(data) > len(p) {
		c.Decoder.Fail("%d bytes, where %d were asked for", len(data), len(p))
	}
	err := errs.Decode(&c.Decoder)
	if broken := c.Done(); broken != nil {
		return 0, broken
	}
	return copy(p, data), errs.same(err)
}

// errors are those that the other side answers with.
func (c *Call) errors() *Errors {
	if c.function != nil {
		return c.function.errors
	}
	return c.bound.errors
}

// Fill writes the results of a Read, into a slice of size bytes.
func (s *Errors) Fill(e *Encoder, size uint32, read func(p []byte) (int, error)) error {
	p := make([]byte, min(size, chunk))
	n, err := read(p)
	if n < 0 || n > len(p) {
		return fmt.Errorf("%w: Read of %d bytes says that it read %d", ErrValue, len(p), n)
	}
	e.ByteSlice(p[:n])
	s.Encode(e, err)
	return nil
}
