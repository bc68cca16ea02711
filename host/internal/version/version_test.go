package version

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func mustParse(t testing.TB, text string) Version {
	t.Helper()
	v, err := Parse(text)
	require.NoError(t, err)
	return v
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"2": "2", "v2": "2", "0": "0", "2.1": "2.1", "2.1.0": "2.1.0", "v10.20.30": "10.20.30",
		"2.0.0-rc1": "2.0.0-rc1", "2.0.0-rc.1": "2.0.0-rc.1", "1.2.3+build.5": "1.2.3+build.5",
		"123456789012345678901234567890": "123456789012345678901234567890",
	} {
		v, err := Parse(text)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, v.String())
		}
	}
	for _, text := range []string{
		"", "v", "vv2", "V2", "02", "2.", "2.01", "2.1.0.1", "-1", "2-rc1", "2.1-rc1", "2.0.0-", "2.0.0-01",
		"latest", "2 ", " 2", "2\n", "2/../3", "2.0.0-a/b", "2.0.0-\x00", "٢",
	} {
		v, err := Parse(text)
		assert.ErrorIs(t, err, ErrBadVersion, "%q", text)
		assert.ErrorContains(t, err, "2.1.0-rc1", "the error says what is allowed")
		assert.Zero(t, v)
	}
}

func TestOrder(t *testing.T) {
	want := []string{
		"0", "0.0.1", "1", "1.9", "1.10", "2.0.0-alpha", "2.0.0-alpha.1", "2.0.0-beta.2", "2.0.0-beta.11",
		"2.0.0-rc1", "2", "2.0.1", "2.1.0", "9", "10", "10.0.1", "99999999999999999999", "100000000000000000000",
	}
	versions := []Version{{}}
	for _, text := range want {
		versions = append(versions, mustParse(t, text))
	}
	rand.Shuffle(len(versions), func(i, j int) { versions[i], versions[j] = versions[j], versions[i] })
	slices.SortFunc(versions, Compare)
	var got []string
	for _, v := range versions {
		got = append(got, v.String())
	}
	assert.Equal(t, append([]string{""}, want...), got)
}

func TestSamePlace(t *testing.T) {
	for _, pair := range [][2]string{{"2", "2.0.0"}, {"2.1", "2.1.0"}, {"2.0.0+a", "2.0.0+b"}, {"v2", "2"}} {
		a, b := mustParse(t, pair[0]), mustParse(t, pair[1])
		assert.Zero(t, Compare(a, b), "%v", pair)
	}
	assert.NotEqual(t, mustParse(t, "2"), mustParse(t, "2.0.0"))
	assert.Equal(t, mustParse(t, "2"), mustParse(t, "v2"))
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"greeter", "g", "Greeter2", "my-lib_3", "a-"} {
		assert.NoError(t, CheckName(name), name)
	}
	for _, name := range []string{"", "2greeter", "-x", "_x", "a.b", "a/b", "a b", "grüßer", "a\x00", "a\n", "@", "[", "`", "{", "a{"} {
		assert.ErrorIs(t, CheckName(name), ErrBadName, "%q", name)
	}
}

func TestFileName(t *testing.T) {
	base := FileName("greeter", mustParse(t, "v2.1.0-rc1"))
	assert.Equal(t, "libgreeter.v2.1.0-rc1.so", base)
	name, v, ok := ParseFileName(base)
	assert.True(t, ok)
	assert.Equal(t, "greeter", name)
	assert.Equal(t, "2.1.0-rc1", v.String())

	for _, base := range []string{
		"", "lib.v2.so", "libgreeter.so", "libgreeter.v.so", "libgreeter.vv2.so", "libgreeter.2.so", "libgreeter.v2.so.tmp",
		".libgreeter.v2.so", "greeter.v2.so", "libgreeter.v2.dll", "libgreeter.v2.so.swp", "libgreeter.vx.so",
		"dir/libgreeter.v2.so", "libgree.ter.v2.so", "libgreeter.v2.so.so", "libgreeter.v2.so\n",
	} {
		_, _, ok := ParseFileName(base)
		assert.False(t, ok, "%q", base)
	}
}

func TestSplitFileName(t *testing.T) {
	name, text, ok := SplitFileName("libgreeter.v1.2.3.4.so")
	assert.True(t, ok)
	assert.Equal(t, "greeter", name)
	assert.Equal(t, "1.2.3.4", text)
	_, _, ok = SplitFileName("libgreeter.so")
	assert.False(t, ok)
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"2", "v2.1", "2.1.0-rc1", "1.2.3+b", "", "vv2", "2.", "0x2", "2/3"} {
		f.Add(text, "10")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		v, err := Parse(a)
		if err != nil {
			require.ErrorIs(t, err, ErrBadVersion)
			require.Zero(t, v)
			return
		}
		require.Equal(t, v, mustParse(t, v.String()), "the text is stable")
		require.Zero(t, Compare(v, v))
		require.Equal(t, 1, Compare(v, Version{}))
		if w, err := Parse(b); err == nil {
			require.Equal(t, -Compare(w, v), Compare(v, w))
		}
		_, back, ok := ParseFileName(FileName("greeter", v))
		require.True(t, ok)
		require.Equal(t, v, back)
	})
}

func FuzzParseFileName(f *testing.F) {
	for _, base := range []string{"libgreeter.v2.so", "lib.v.so", "libgreeter.vv2.so", "lib-a.v1.so", "libgreeter.v1.v2.so", "x"} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, base string) {
		name, v, ok := ParseFileName(base)
		if !ok {
			require.Empty(t, name)
			require.Zero(t, v)
			return
		}
		require.NoError(t, CheckName(name))
		require.Equal(t, base, FileName(name, v))
	})
}
