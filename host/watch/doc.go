// Package watch reports when new versions of a library appear. It never loads
// one. The versions of the library greeter are the files
//
//	libgreeter.v2.so  libgreeter.v2.1.0.so  libgreeter.v3.0.0-rc1.so
//
// of one directory, in the order of semantic versions. The short form serves a
// program that wants to run the newest version:
//
//	for v := range watch.Versions(ctx, "build", "greeter") {
//		slot.Swap(ctx, v.Path)
//	}
//
// [Events] reports everything: older versions, removed and invalid files, and
// trouble with the directory. Both work in the caller's goroutine: they look at
// the directory when the loop asks for the next value, and a slow loop body
// delays nobody but itself. What changed in the meantime is reported as it is now,
// not step by step. Leaving the loop or ending ctx frees everything; no goroutine
// and no descriptor stays behind.
//
// # When a file is reported
//
// A version is reported when its file is complete: its size, times and inode have
// not changed for the settle time ([WithSettle]) and a check finds it whole
// ([WithComplete]). So a rename is reported after the settle time, and a slow copy
// after its last byte, however long it pauses. A file that does not become
// complete is reported once, as [Invalid], when it has not changed for a while
// ([WithPatience]), or at once if it can never become a library: a FIFO, a
// directory, a text. When it changes, it is looked at again.
//
// File system events only make the watcher look sooner. It also looks by itself
// ([WithPoll]), so it works where there are no such events, follows a directory
// that is removed and made again, and needs no history after a restart.
//
// # Limits
//
// The built-in check reads the ELF structure, not the content. It can't see that a
// file is unfinished if a writer changes it in place without changing its size and
// pauses for longer than the settle time, or writes through mmap, which updates the
// file's times late. Deploy by rename, or use a check of the content. And a complete
// file can still be changed right after it was reported: verify what you load, not
// what was watched.
package watch
