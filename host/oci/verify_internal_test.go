package oci

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is not signed is looked at after as long again, never more than maxRevisit later, and at once when that is asked for.
func TestRevisit(t *testing.T) {
	l := &loop{Follower: &Follower{}}
	assert.False(t, l.isUnsigned(), "it is signed")
	l.unsigned = &revisit{}
	assert.True(t, l.unsigned.refused(ErrUnsigned))
	var looks []int
	for poll := 1; poll <= 200; poll++ {
		if l.isUnsigned() {
			looks = append(looks, poll)
			assert.False(t, l.unsigned.refused(ErrUnsigned), "it was told")
		}
	}
	assert.Equal(t, []int{1, 2, 4, 8, 16, 32, 64, 128, 192}, looks)
	l.Recheck()
	assert.True(t, l.isUnsigned())
	assert.False(t, l.isUnsigned())
}
