package host

// Omit has every unload leave out one of the host's steps: "files", "image" or
// "slots".
func Omit(step string) { omit = step }
