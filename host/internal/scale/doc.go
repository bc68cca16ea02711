// Command scale reckons with 10,000 hosts that follow one tag, in fake time, and writes what their registry sees into the
// documentation:
//
//	make scale
//
// The hosts wait as real ones do (package pace), ask what real ones ask (package oci), and know by plan.Position when they are
// in a rollout. The registry is a model: it answers at once, so many requests a second at most, and what it sends shares
// one link. make fleet has 150 real hosts.
package main
