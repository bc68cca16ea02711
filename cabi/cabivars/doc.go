// Package cabivars lets hosts read what a library publishes by package expvar (host.Library.Vars, and
// GET /debug/vars of hotso serve):
//
//	import _ "github.com/hotso/hotso/cabi/cabivars"
//
// expvar links net/http, some 3 MB. A library that does not have it anyway may rather
// register a function of its own:
//
//	cabi.OnDebug("vars", func(_ context.Context, w io.Writer, _ string) error { return json.NewEncoder(w).Encode(stats()) })
package cabivars
