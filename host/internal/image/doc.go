// Package image judges the file of a library: it reads it once, into private memory,
// and verifies ELF, ABI, seal and signature. Nothing here maps or runs any of it.
//
//	scratch, giveBack := image.Borrow()
//	defer giveBack()
//	b, err := image.Read(path, scratch.Alloc)
//	...
//	im, err := policy.Verify(path, b, func(im *image.Image) error {
//		// Nothing is wrong so far. The digest is still being computed, so prepare what
//		// can be undone, and run nothing.
//	})
package image
