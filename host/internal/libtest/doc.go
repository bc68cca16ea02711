// Package libtest builds libraries for tests, and fails a test binary that
// leaks what a library left behind.
//
//	func TestMain(m *testing.M) { libtest.Main(m) }
//
//	func TestCalls(t *testing.T) {
//		path := libtest.Build(t, "slow", "1") // testdata/libs/slow
//		...
//	}
//
// # The cache
//
// A library is built once and kept in hotso-test under os.UserCacheDir, for
// all test binaries of a run and for later runs, under a digest of everything
// that it is built from. Test binaries that want the same library at the same
// time wait for the one that builds it. What was not used for three days is
// removed. It is safe to remove the directory.
package libtest
