// Package needed knows what the dynamic linker loads beside a library: what that names in
// DT_NEEDED, and what this needs in turn. Some of it is the system's, in the directories
// of ldconfig(8). The rest lies where a run path or LD_LIBRARY_PATH leads, and whoever can
// write there could have his code run in the process.
//
//	set, err := needed.Find(root, digests) // reads and compares; none of it runs
//	...
//	err = set.Load()                       // opens all of it, what is needed first
//	h, err := dl.Open(library)             // finds all that it needs by name, and searches nothing
//	set.Loaded()                           // the library holds them from here on
//	...
//	h.Close()
//	set.Close()
//
// What is not the system's is loaded from a private copy, of which the digest was
// computed. The dynamic linker takes what is loaded and has the right DT_SONAME before it
// searches (elf/dl-load.c, _dl_map_object), so what was verified is what it uses. The
// copies, and that of the library, have no run path any more: there is nothing to search.
package needed
