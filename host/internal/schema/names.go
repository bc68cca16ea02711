package schema

import (
	"maps"
	"slices"
)

// TypeNames are the names of the types, sorted.
func (s *Schema) TypeNames() []string { return slices.Sorted(maps.Keys(s.Types)) }
