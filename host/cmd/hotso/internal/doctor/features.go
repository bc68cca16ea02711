package doctor

import "slices"

// A Feature is something that hotso does, where the machine lets it.
type Feature struct {
	Name  string `json:"name"` // load, unload or contain
	Works bool   `json:"works"`
	Why   string `json:"why,omitempty"` // not
}

// needs are the things, as findings name them, without which a feature does not work.
var needs = []struct {
	feature string
	things  []string
}{
	{"load", []string{"C library", "memory", "thread storage"}},
	{"unload", []string{"platform", "C library", "memory", "thread storage", "/proc", "signals"}},
	{"contain", []string{"platform", "C library", "memory", "thread storage", "/proc", "signals"}},
}

// Features says what works in this process and on this machine.
func Features() []Feature {
	f := &findings{}
	lookAtMachine(f)
	var features []Feature
	for _, n := range needs {
		feature := Feature{Name: n.feature, Works: true}
		for _, found := range *f {
			lacks := found.Is == Bad || found.Is == Careful && found.Thing == "platform"
			if lacks && slices.Contains(n.things, found.Thing) {
				feature.Works, feature.Why = false, found.Detail
				break
			}
		}
		features = append(features, feature)
	}
	return features
}
