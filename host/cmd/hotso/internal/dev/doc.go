// Package dev builds a library again whenever its sources change, for hotso dev.
//
//	b := &dev.Builder{Options: libbuild.Options{Dir: "./libshop", Output: dir}, Changed: changed, Built: built}
//	err := b.Prepare(ctx) // what people edit of what is built: Sources
//	err = b.Run(ctx)      // builds it, and whatever is saved from then on
//
// A [Builder] generates, checks and builds each change, of which an editor, or git, may have made several events,
// gives a build up for a newer change, and tells what became of it. What need not be known before the version
// serves, it finds out after that: what the sources are now, and what go vet says.
package dev
