// Package contracttest tests contracts through real libraries: what crosses, swaps under
// calls, and which versions are refused.
package contracttest
