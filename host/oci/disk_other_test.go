//go:build !linux

package oci_test

import "testing"

func smallDisk(t testing.TB) string {
	t.Helper()
	t.Skip("a small disk is mounted on Linux only")
	return ""
}

func remount(testing.TB, string, bool) {}
