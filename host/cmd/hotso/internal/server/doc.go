// Package server serves the functions of libraries over HTTP and swaps in new
// versions of them as they appear in directories. It is what hotso serve runs.
//
//	POST /call/Greet   a JSON array of arguments -> {"result": ..., "version": "2"}
//	POST /swap         {"file": ...} or {"version": ...} in the directory: have it serve
//	POST /rollback     go back to the version before
//	POST /canary       {"version": ..., "percent": 5}: have it serve a share of the calls
//	POST /promote      the canary serves all calls
//	POST /abort        the canary serves none
//	GET  /libraries    what is served
//	GET  /contract     an OpenAPI document of the methods that are offered, if there is a contract
//	GET  /versions     all versions seen: state, calls in flight, since when, why refused
//	GET  /events       server-sent events of the life of versions
//	GET  /event/ID     all of an event: the stack of a crash, the report of an unload
//	GET  /history      how the calls went: ?step=1 each second for an hour, ?step=30 for a day
//	GET  /inflight     the calls over HTTP that are inside, the longest first
//	GET  /             a page with all this, see package page
//	GET  /healthz      200 while a version serves, 503 otherwise
//
// # Libraries
//
// A Server has what is of all (connections, limits, who may ask, the journal), a place for each
// directory, which finds the libraries in it, and a library for each, which has a slot, what is known
// of its versions, and a follower that connects both. The name of a library may follow the
// first segment of all paths but /libraries and those of /debug; it must if there are several.
//
// # Values
//
// Integers are exact in both directions, also beyond 2^53. []byte is a base64
// string, as encoding/json has it. A float that JSON has no number for is the
// string "NaN", "+Inf" or "-Inf". A function without a result answers null. A stream
// is the body, as it comes, of type application/octet-stream; if it breaks off, so
// does the connection.
//
// Methods of a contract take and give the JSON of docs/contracts.md, and their arguments by name, too; a sequence
// is the body, a line of JSON for each element, of type application/x-ndjson.
//
// # Who may ask
//
// Every request must address the server by an IP address, as localhost, or by one of
// Config.AllowHosts, and must not come from a page of another site.
//
// # Who may deploy
//
// /swap and all below it but the GETs are for those who can open the unix socket, or
// bear Config.Token. A swap or canary loads only what
// is in the directory, and is judged as any other. The answer is a host.Swap, for
// /canary a host.VersionInfo, for /abort a host.Report.
//
// # Canaries
//
// A CanaryRequest without file and version changes the share of the canary that
// runs. The key of a call is its header Hotso-Key, or the one that the request
// names: calls of one key reach one version. While a canary runs, /swap and
// /rollback answer 409, and new files in the directory wait.
//
// # Errors
//
// The body of every error is {"error": "..."}: 400 for a body that is no JSON
// array of arguments, is not UTF-8 or does not fit the function's parameters, 401 without the token,
// 403 for a request by another name or from another site and for a deployment over TCP
// without there being a token, 404 for an unknown function, version or path, 405, 408, 409 if
// a deployment can't be made now, 413, 422 for a refused library, 502
// with "kind" error, panic or crash when the library failed, 503 with Retry-After while no
// version serves or there is no room. "is" names the errors of a contract that the error of a method is or wraps.
//
// # Limits
//
// Clients are not trusted with the server's memory, threads and time. See Config, and
// docs/http.md for all limits: conns.go and engage.go have those of connections, budget.go,
// body.go and argument.go those of requests, results.go and reply.go those of replies.
package server
