// Package registrytest starts real OCI registries for tests, and a proxy that stands before one, counts
// the requests and has them go wrong.
//
//	r := registrytest.Start(t, registrytest.Options{Auth: registrytest.TokenAuth, TLS: true})
//	p := registrytest.NewProxy(t, r)
//	p.Inject(registrytest.Fault{Kind: registrytest.Blob, Times: 2, Status: 503})
//	... // pull from p.Host
//	n := p.Count(http.MethodGet, registrytest.Blob)
//
// The registries are CNCF distribution and go-containerregistry's, in a program of its own: see
// testdata/registry. It is built once, see libtest.Program, and dies with the test.
package registrytest
