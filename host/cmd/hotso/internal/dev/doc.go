// Package dev builds a library again whenever its sources change, for hotso dev.
//
//	sources, err := dev.Sources(ctx, "./libshop")         // what people edit of what is built
//	for change := range dev.Changes(ctx, sources) { ... } // what an editor, or git, has done, once
//
// [Builder] puts the two together: it generates, checks and builds each change, gives a build up for
// a newer change, and tells what became of it.
package dev
