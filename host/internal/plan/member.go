package plan

import (
	"crypto/sha256"
	"encoding/binary"
)

// Position is where a host stands among all for a version, in percent: at least 0, below 100. It is in each share
// that is larger, so it joins once and stays in as steps grow. It depends on nothing but the two texts:
// hosts need not know of each other, and for another version other hosts come first.
func Position(hostID, version string) float64 {
	h := sha256.New()
	for _, s := range []string{hostID, version} {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	const bits = 53 // of a float64's mantissa
	return float64(binary.LittleEndian.Uint64(h.Sum(nil))>>(64-bits)) / (1 << bits) * 100
}

// Includes reports whether a host is to run p.Version, and not p.Base.
func (p Plan) Includes(hostID string) bool { return Position(hostID, p.Version) < p.Percent() }
