package abi

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		status, kind int32
		id           uint32
	}{
		{0, OK, 0},
		{Gone, Gone, 0},
		{Error | 7<<8, Error, 7},
		{math.MaxInt32, 0xff, MaxStatusID},
	} {
		assert.Equal(t, c.kind, Kind(c.status), "%#x", c.status)
		assert.Equal(t, c.id, StatusID(c.status), "%#x", c.status)
	}
}
