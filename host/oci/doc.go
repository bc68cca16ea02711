// Package oci follows a library in an OCI registry: it yields the version that a tag stands for, and again
// whenever the tag moves. It never loads one. The tag may be that of a rollout (hotso rollout), in which each
// host finds out by itself whether it is to run the new version yet.
//
//	for v := range oci.Versions(ctx, "registry.example.com/team/greeter:stable") {
//		slot.Swap(ctx, v.Path)
//	}
//
// Unlike a directory, a tag says which version is to run, not only which there are: with [WithRollback] it may also go
// back. [New] and [Follower.Events] tell what was refused and why, and how it goes with the registry. Both work in the
// caller's goroutine: the registry is asked when the loop asks for the next value, so a loop body that takes its time makes
// the next look late. Leaving the loop or ending ctx frees everything.
//
// # What is yielded
//
// The path of a file that is whole, has the digest that the registry says, and has a seal that says the same name, version and
// platform. It is in [Follower.Directory], and stays there until the version is taken back or several newer ones have come, so load
// it in the loop. A version is yielded once, and again when it is pushed anew with other content.
//
// A start yields the version of the process before if the registry does not answer within three seconds, or takes longer for a new
// one; the new one comes when it is there. If the tag moves during a download, the download is given up: a version
// that was taken back by then is not yielded.
//
// # When it goes wrong
//
// What is yielded runs on, whatever happens next. A registry that can't be asked, a download that fails, a full disk: each is an event
// of the kind [Trouble], told once until it is over, and is tried again. What will not change until the tag moves is [Refused],
// told once as well: no library, none for this platform, an older version, one that [WithCheck] does not want. The errors
// wrap those of this package.
//
// # What it asks of the registry
//
// One HEAD for the tag each interval ([WithInterval]), at a random point of its last sixth: hosts that begin together do not
// stay together. That makes 1.1 requests per interval, and with tokens that last five minutes 1.2 at the default interval.
// When the registry fails, pauses double, up to eight intervals. A Retry-After is heeded, up to ten minutes. What the tag stands for is
// fetched when its digest is another one. Downloads go on where they broke off, also in the next process. Each follower
// keeps one connection.
//
// # What it keeps
//
// A cache ([WithCache]) has what was downloaded, by digest, for all processes of the user: each file is downloaded once per machine.
// A directory in it ([Follower.Directory]) has the version that is to run, under the name of its file, and a few that came before, as
// hard links; where there are no hard links, as copies. Both survive the process: with the registry away, the last version is
// yielded. What is damaged or removed in the cache is mended at the next look. It may be removed as a whole at any time; a
// follower that starts then knows no version until the registry answers, and takes what the tag stands for, even if that is
// older than what ran before.
//
// # What is trusted
//
// The digests lead from the tag to the layer, and the seal inside the file says which library and version it is. Neither says
// who made it: load with host.TrustKeys, or refuse it earlier by [WithCheck]. Credentials are those of docker login and
// oras login, or [WithCredential]'s. They are read again whenever a registry refuses a login, and go to the registry and its token
// server only, wherever blobs are redirected to.
package oci
