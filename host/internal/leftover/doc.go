// Package leftover removes what killed processes of ours have left: temporary files and
// directories, by the prefix of their names. Who makes one holds it; what nobody holds
// is left over.
package leftover
