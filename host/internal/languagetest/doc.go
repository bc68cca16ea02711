// Package languagetest runs the tests of the packages for other languages, which
// are programs of these languages: python, node, rust, java and cpp, each where its
// tools are on the machine. It has only a test. It builds libhotso and the libraries
// that the tests load, and says in environment variables where they are.
package languagetest
