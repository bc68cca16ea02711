package main

import (
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/schema"
)

// contractFacts are what inspect shows of a contract.
type contractFacts struct {
	Name    string        `json:"name"`
	Package string        `json:"package,omitempty"` // import path
	Methods []methodFacts `json:"methods,omitempty"`
	Error   string        `json:"error,omitempty"` // why the schema can't be read
}

type methodFacts struct {
	Name      string `json:"name"`
	Function  string `json:"function"`
	Signature string `json:"signature"`       // as in Go
	Since     int    `json:"since,omitempty"` // the version of the contract that it came with
}

func newContractFacts(contracts []manifest.Contract) (facts []contractFacts) {
	for _, c := range contracts {
		f := contractFacts{Name: c.Name}
		s, err := schema.Parse(c.Schema)
		if err != nil {
			f.Error = err.Error()
			facts = append(facts, f)
			continue
		}
		f.Package = s.Package
		for _, m := range s.Methods {
			f.Methods = append(f.Methods, methodFacts{m.Name, s.Function(&m), m.Signature(), m.Since})
		}
		for _, name := range s.TypeNames() {
			t := s.Types[name]
			if t.Kind != schema.Object {
				continue
			}
			for _, m := range t.Methods {
				f.Methods = append(f.Methods, methodFacts{name + "." + m.Name, name + "_" + m.Name, name + "." + m.Signature(), m.Since})
			}
		}
		facts = append(facts, f)
	}
	return facts
}

// contractRows has a row for each method, the first of each contract with its name.
func contractRows(contracts []contractFacts) (rows [][]string) {
	for _, c := range contracts {
		if c.Error != "" {
			rows = append(rows, []string{c.Name, c.Error})
		}
		name := c.Name
		for _, m := range c.Methods {
			rows = append(rows, []string{name, m.Signature})
			name = ""
		}
	}
	return rows
}
