// Package cabihttp serves HTTP from a library, and hands the listener and the connections on to the next
// version of it, so that no client is refused or cut off by a swap:
//
//	func init() {
//		cabi.Exclusive()
//		s := cabihttp.New("http", &http.Server{Addr: ":8080", Handler: mux})
//		cabi.OnStart(s.Start)
//		cabi.OnStop(s.Stop)
//	}
//
// The listener is what the version before, or the host (host.ProvideFile), has under that name, or else
// one for Addr. When the version stops, requests that are being answered are waited for, as by
// [http.Server.Shutdown], and connections on which none has begun are handed over: their clients
// do not notice. For that the library must be exclusive ([cabi.Exclusive], or by its host): in any
// other the next version serves before this one stops, so that only the listener is handed over, and clients see
// such connections closed. So they do when the host ends; but whoever has connected by then gets an answer to the
// first request, and those that come later wait at the listener for the next process, if systemd has it.
//
// It is for HTTP/1 without TLS, whose state is in this version alone. With Protocols that allow
// unencrypted HTTP/2, connections are not handed over; nor are requests that a client has sent
// ahead of an answer (pipelining).
package cabihttp
