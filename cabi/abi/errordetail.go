package abi

import "encoding/binary"

// detailMark ends a message that has something behind its text.
const detailMark = "\x00\x00error\x01"

// JoinError is the message of an error of which more is known than its text: the text,
// the detail, the length of the detail as 4 bytes, little endian, and 8 bytes that say so.
func JoinError(text string, detail []byte) []byte {
	b := append([]byte(text), detail...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(detail)))
	return append(b, detailMark...)
}

// SplitError takes a message apart. detail is empty if there is only text.
func SplitError(message string) (text, detail string) {
	n := len(message) - len(detailMark) - 4
	if n < 0 || message[n+4:] != detailMark {
		return message, ""
	}
	size := binary.LittleEndian.Uint32([]byte(message[n:]))
	if uint64(size) > uint64(n) {
		return message, ""
	}
	return message[:n-int(size)], message[n-int(size) : n]
}
