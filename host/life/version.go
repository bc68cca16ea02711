package life

import (
	"time"

	"github.com/hotso/hotso/cabi/abi/manifest"
)

// A VersionInfo is what a slot knows of a version it has seen.
type VersionInfo struct {
	Seq      int64     `json:"seq"` // which of those that the slot has seen, from 1: a version that is loaded again is another one
	Version  string    `json:"version"`
	File     string    `json:"file"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"` // when it came into this state
	InFlight int64     `json:"in_flight"`
	Calls    int64     `json:"calls"`             // that have ended
	Errors   int64     `json:"errors"`            // of those, errors and panics
	Share    float64   `json:"share,omitempty"`   // percent of the calls that go to it
	Keys     []string  `json:"keys,omitempty"`    // of a canary: calls with these go to it as well
	Proving  bool      `json:"proving,omitempty"` // it is on probation
	Reason   string    `json:"reason,omitempty"`  // why refused, failed, quarantined, resident

	// Conflicts are as of the last second, see Conflict.
	Conflicts []Conflict `json:"conflicts,omitempty"`
}

// A Swap says what a replacement did.
type Swap struct {
	Version string        `json:"version"`        // now serving
	Load    time.Duration `json:"load"`           // nanoseconds from the file to ready, or to loaded if it takes over
	Pause   time.Duration `json:"pause"`          // nanoseconds that new calls waited for a state or a takeover; 0: there was none
	Old     *Report       `json:"old"`            // what became of the previous version, nil if none
	Warm    string        `json:"warm,omitempty"` // version that is kept loaded to go back to

	Handover *Handover `json:"handover,omitempty"` // nil if no call waited, and the version before had no state
}

// A Handover says what went from the version before to the one that serves now, while calls waited.
type Handover struct {
	Bytes  int   `json:"bytes"`          // of state (cabi.OnSave)
	Waited int64 `json:"waited"`         // calls that came meanwhile
	Lost   bool  `json:"lost,omitempty"` // the version before has a state, and this one no cabi.OnRestore
}

// A Description is what can be known of a library without running any of it.
type Description struct {
	File      string            `json:"file"`
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	ABI       uint32            `json:"abi"`
	Sealed    bool              `json:"sealed"`
	Exclusive bool              `json:"exclusive,omitempty"` // only one version of it may be live at a time (cabi.Exclusive)
	Manifest  manifest.Manifest `json:"manifest"`            // zero if it is not sealed
	Signature *Signature        `json:"signature,omitempty"` // nil if it is not signed
	Size      int64             `json:"size"`                // bytes of the file
}

// A Signature is what a library says about who signed it.
type Signature struct {
	KeyID    string `json:"key_id"`   // 16 hexadecimal digits, as minisign shows them
	Comment  string `json:"comment"`  // minisign's trusted comment
	Verified bool   `json:"verified"` // with a trusted key; else all of this is hearsay
}
