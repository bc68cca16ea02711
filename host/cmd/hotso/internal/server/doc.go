// Package server serves the functions of a library over HTTP and swaps in new
// versions of it as they appear in a directory. It is what hotso serve runs.
//
//	POST /call/Greet   a JSON array of arguments -> {"result": ..., "version": "2"}
//	POST /swap         {"file": ...} or {"version": ...} in the directory: have it serve
//	POST /rollback     go back to the version before
//	GET  /versions     all versions seen: state, calls in flight, since when, why refused
//	GET  /events       server-sent events of the life of versions
//	GET  /healthz      200 while a version serves, 503 otherwise
//
// # Values
//
// Integers are exact in both directions, also beyond 2^53. []byte is a base64
// string, as encoding/json has it. A float that JSON has no number for is the
// string "NaN", "+Inf" or "-Inf". A function without a result answers null.
//
// # Who may deploy
//
// /swap and /rollback are for those who can open the unix socket, or bear
// Config.Token; without a token, for loopback. A swap loads only what is in the
// directory, and is judged as any other. The answer is a host.Swap.
//
// # Errors
//
// The body of every error is {"error": "..."}: 400 for a body that is no JSON
// array or does not fit the function's parameters, 401 without the token, 403 for a
// browser's request from another site and for a deployment from elsewhere, 404 for an unknown function, version or path, 405, 408, 409 if
// a swap or rollback can't be made now, 413, 422 for a refused library, 502
// with "kind" error, panic or crash when the library failed, 503 while no
// version serves.
package server
