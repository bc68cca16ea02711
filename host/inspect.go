package host

// Inspect reads and verifies the library at path and runs none of its code.
// It refuses what Open refuses. What it could learn before the refusal is
// returned beside the error.
func Inspect(path string, opts ...Option) (*Description, error) {
	im, err := newConfig(opts).Image.Inspect(path)
	if im == nil {
		return nil, err
	}
	return &im.Description, err
}
