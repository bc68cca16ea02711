// Package hosttest lets a program that uses package host be tested without a compiler, on every platform, with
// -race and in a debugger: versions are Go code of the test itself.
//
//	func TestShopSurvivesACrash(t *testing.T) {
//		slot := hosttest.New(t, fakeShop{})
//		shop, err := shop.Bind(slot)
//		require.NoError(t, err)
//		...
//		hosttest.Crash(t, slot, "out of luck")    // callers inside get ErrCrashed
//		hosttest.Swap(t, slot, fakeShop{newer: true})
//		release := hosttest.Hang(t, slot, "Buy")  // deadlines are exceeded, ErrHung
//		defer release()
//		hosttest.Slow(t, slot, "Find", 50*time.Millisecond)
//		hosttest.Fail(t, slot, "Find", shop.ErrNotFound)
//
// What takes an implementation takes what [host.Builtin] does. Calls cross by the same bytes as to a library, so what
// is refused or lost there is here; and each runs on a goroutine of its own, so that a crash can take it away from
// its caller. What a crash leaves behind goes on running until it returns.
//
// A library itself is tested by [Build], which compiles it once for each test binary:
//
//	path := hosttest.Build(t, "./libshop", "1")
//	_, err := slot.Swap(ctx, path)
package hosttest
