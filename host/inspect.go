package host

// Inspect reads and verifies the library at path and runs none of its code.
// It refuses what Open refuses. What it could learn before the refusal is
// returned beside the error.
func Inspect(path string, opts ...Option) (*Description, error) {
	return newConfig(opts).Image.Inspect(path)
}
