// Package config reads the configuration file of hotso serve, a YAML document, strictly: what it
// does not know, and what is not as it should be, is an error that names file and line, and says
// what would be right. The keys are called as the flags are, and flags go before the file.
//
//	file, err := config.Read("hotso.yaml")
//	c, err := file.Apply(flags, isGiven)
//
// keys.go has the table of all keys, by which files are read, checked and compared, and from which
// the schema is made.
package config
