package printable

// Label is a version as events and prompts name it. The version may be empty.
func Label(name, version string) string {
	text := Line(name)
	if version != "" {
		text += " v" + Line(version)
	}
	return text
}
