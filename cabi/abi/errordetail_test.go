package abi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/cabi/abi"
)

func TestErrorDetail(t *testing.T) {
	for _, text := range []string{"", "it failed", "a\x00b"} {
		for _, detail := range []string{"", "\x00\xff", "tree"} {
			gotText, gotDetail := abi.SplitError(string(abi.JoinError(text, []byte(detail))))
			assert.Equal(t, text, gotText)
			assert.Equal(t, detail, gotDetail)
		}
		gotText, gotDetail := abi.SplitError(text)
		assert.Equal(t, text, gotText)
		assert.Empty(t, gotDetail)
	}
	lies := "\xff\xff\xff\x7f\x00\x00error\x01" // a length beyond the message
	text, detail := abi.SplitError(lies)
	assert.Equal(t, lies, text)
	assert.Empty(t, detail)
}
