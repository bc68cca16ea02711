// Package oci follows a library in an OCI registry: it yields the version that a tag stands for, and again
// whenever the tag moves. It never loads one. The tag may be that of a rollout (hotso rollout), in which each
// host finds out by itself whether it is to run the new version yet.
//
//	for v := range oci.Versions(ctx, "registry.example.com/team/greeter:stable") {
//		slot.Swap(ctx, v.Path)
//	}
//
// Other than a directory, a tag says which version is to run, not only which there are: with [WithRollback] it may also go
// back. [New] and [Follower.Events] tell what was refused and why, and how it goes with the registry.
//
// # What it asks of the registry
//
// One HEAD for the tag each interval ([WithInterval]), at a random point of its last sixth: hosts that begin together do not
// stay together. When the registry fails, pauses double, up to eight intervals, and a Retry-After is heeded. What the tag stands for is
// fetched when its digest is another one. Downloads go on where they broke off, also in the next process.
//
// # What it keeps
//
// A cache ([WithCache]) has what was downloaded, by digest, for all processes of the user: each file is downloaded once per machine.
// A directory in it ([Follower.Directory]) has the version that is to run, under the name of its file, and a few that came before, as
// hard links. Both survive the process: with the registry away, the last version is yielded at once.
//
// # What is trusted
//
// The digests lead from the tag to the layer, and the seal inside the file says which library and version it is. Neither says
// who made it: load with host.TrustKeys, or refuse it earlier by [WithCheck]. Credentials are those of docker login and
// oras login, or [WithCredential]'s.
package oci
