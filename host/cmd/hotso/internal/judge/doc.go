// Package judge decides about rollouts (package plan): whether a step goes on, waits, or ends all. It asks Prometheus, which
// hosts report to anyway, and nobody else.
//
// # Rules
//
// A rule is what must be true of the version that comes, as a text:
//
//	error ratio < 1%              failed calls of all, as a share
//	error ratio < 2x or 0.1%      at most twice that of the version before, or next to nothing
//	p99 < 50ms                    how long 99 % of the calls take at most; also p50, p75, p90, p95, p999, p9999
//	p99 < 1.2x                    times that of the version before
//	crashes < 3                   in this step, on all hosts
//	query(sum(up{$selector})) >= 10
//
// In full:
//
//	rule     = subject compare limit { "or" limit }
//	subject  = "error ratio" | "p50" | ... | "p9999" | "crashes" | "query(" PromQL ")"
//	compare  = "<" | "<=" | ">" | ">="     only a query has the last two
//	limit    = number "x"                  times what the version before has; not of crashes
//	         | number "%" | number         of an error ratio (the number is below 1) or a query
//	         | number                      of crashes
//	         | duration                    of p50 ...: 50ms, 1.5s; of a query, in seconds
//
// A rule holds if one of its limits does. Spaces and the case of words do not count, but in queries.
//
// A query has one value: a scalar, or one series; sum and max make one of many. In it stand
//
//	$library $version $base    names, to be quoted: version="$version"
//	$selector                  label matchers of the channel's hosts, the last in the braces: {library="$library",$selector}
//	$window                    how far back it looks: rate(...[$window])
//
// With a limit of times (1.2x), it is asked once more with $version as the version before.
//
// # Windows and clocks
//
// Calls are looked at for as long as the step lasts, and at most 5 minutes back: what was before the step is not what it is
// judged by. There is no least window: failures and calls are differences of counters, which are right from the first
// sample on, also for series that were not there before. Latencies are rates, of hosts that were scraped twice: how long the
// calls before a host's first scrape took, which are those to a cold version, does not count. A counter that is less than
// before began anew with its process, and what it had counted before is lost, failures and calls alike.
//
// The version before is looked at over the same time, on all hosts that run it. If it has too few calls there, as in the last
// step, its calls count for the time of the step and the hour before.
//
// Queries have no time, so the clock of Prometheus counts; how old a step is tells that of the registry. No other clock has a
// say.
package judge
