// Package libtest builds libraries for tests, and makes a test binary fail if
// something that a library left behind is still there at the end.
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
// time wait for the one that builds it. Libraries that were not used for three days
// are removed. It is safe to remove the directory.
package libtest
