package modeltest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host"
)

// explain has a file go through states, given by their names.
func explain(states string) explanations {
	e := explanations{nil}
	for s := range strings.FieldsSeq(states) {
		e = e.step(host.State(s))
	}
	return e
}

const way = "found verified loaded started healthy "

func TestTheModelKnowsOrders(t *testing.T) {
	for _, states := range []string{
		way + "serving retiring drained unloaded",
		way + "restored serving warm serving retiring quarantined quarantined unloaded",
		way + "canary canary failed retiring drained unloaded",
		way + "serving crashed drained unloaded",
		"found verified loaded drained unloaded failed",
		"found refused",
		// Two lives of one file.
		way + "serving crashed found loaded drained started unloaded healthy serving",
	} {
		assert.NotEmpty(t, explain(states), states)
	}
	for _, states := range []string{
		"verified",
		"found serving",
		"found verified loaded serving",
		"found verified loaded healthy",
		"found refused loaded",
		way + "serving unloaded",
		way + "serving retiring serving",
		way + "serving crashed serving",
		way + "serving retiring drained unloaded failed",
		way + "serving retiring drained unloaded unloaded",
		way + "serving retiring drained unloaded crashed",
		way + "serving crashed crashed",
		// Of two lives, only one has come so far.
		way + "serving found retiring retiring",
	} {
		assert.Empty(t, explain(states), states)
	}
}

func TestTheModelKnowsEnds(t *testing.T) {
	for states, want := range map[string]struct {
		over   bool
		listed host.State
	}{
		way + "serving":                                        {false, host.Serving},
		way + "serving failed retiring drained":                {false, host.Failed},
		way + "serving failed retiring drained unloaded":       {true, host.Failed},
		way + "serving failed crashed":                         {false, host.Failed},
		way + "serving retiring quarantined":                   {false, host.Quarantined},
		way + "serving warm serving retiring drained unloaded": {true, host.Unloaded},
		"found verified loaded failed":                         {false, host.Failed},
		"found verified loaded drained unloaded failed":        {true, host.Failed},
		"found verified failed":                                {true, host.Failed},
		"found refused":                                        {true, host.Refused},
	} {
		e := explain(states)
		if assert.Len(t, e, 1, states) {
			assert.Equal(t, want.over, e[0][0].over(), states)
			assert.Equal(t, want.listed, e[0][0].listed(), states)
		}
	}
}
