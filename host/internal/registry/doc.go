// Package registry keeps libraries in OCI registries: how they are laid out there, and how they come
// and go. docs/oci.md has the layout for users.
//
//	index        what a tag names: a manifest for each platform, and the plan of a rollout, if there is one
//	  manifest   a container image of one platform, with one layer
//	    layer    a tar archive, not compressed, of one file: libNAME.vVERSION.so
//
// It is an image, so that Kubernetes mounts it and COPY --from takes it, and the layer is not compressed, so
// that parts of the file can be read where it is (see Library.Open). Nothing in it depends on the time or the
// machine: to push the same file twice changes nothing.
//
// What a registry says is checked by digest, sizes are bounded before anything is read, and a file is what its
// seal says: names and versions in annotations are for people and for the choice, not for trust. What is as its digest says and
// still is no good stays so (ErrNoLibrary); what is not may come whole next time (ErrDamaged).
package registry
