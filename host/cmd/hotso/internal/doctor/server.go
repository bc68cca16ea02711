package doctor

import (
	"errors"
	"strings"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/life"
)

// Server looks at the versions of each library of a running hotso serve, which was asked for them; or says why there
// is no answer.
func Server(all []server.Versions, err error) []Finding {
	f := &findings{}
	for _, v := range all {
		if err == nil && v.Versions == nil {
			err = errors.New("it answers, but is no hotso serve")
		}
	}
	if err != nil {
		f.bad("server", err.Error(), "give the address of a hotso serve that runs; hotso versions DIR asks by the socket in its directory")
		return *f
	}
	for _, v := range all {
		switch {
		case v.Serving != "":
			f.good("server", "%s v%s serves", v.Name, v.Serving)
		case v.Name == "":
			f.bad("server", "there is no library in its directory yet", "build one into it: hotso build PKG --version 1 -o DIR")
		default:
			f.bad("server", "no version of "+v.Name+" serves", "the versions below say why; deploy one that does")
		}
		prefix := ""
		if len(all) > 1 {
			prefix = v.Name + " "
		}
		for _, i := range v.Versions {
			f.lookAtVersion(prefix, i)
		}
	}
	return *f
}

// lookAtVersion says of a version what does not go by itself. prefix names its library, if there are several.
func (f *findings) lookAtVersion(prefix string, i server.Version) {
	thing := prefix + "v" + i.Version
	detail := string(i.State)
	if reason, _, _ := strings.Cut(i.Reason, "\n"); reason != "" {
		detail += ": " + reason
	}
	mend := ""
	switch i.State {
	case life.Refused, life.Failed, life.Crashed:
		mend = "mend what it says, and deploy a newer version"
	case life.Quarantined:
		mend = "see that what holds it ends: give calls a deadline, and heed their context; see hotso help unloading"
	case life.Resident:
		mend = "it stays until the process ends; see hotso help native-code"
	case server.Trouble:
		mend = "see that the server can read its directory"
	}
	if i.Page != "" {
		mend = "see hotso help " + i.Page
	}
	if mend == "" {
		f.good(thing, "%s", detail)
	} else {
		f.careful(thing, detail, mend)
	}
	for _, c := range i.Conflicts {
		f.careful(thing, c.String(), "only one version at a time may have it: see hotso help embedding-databases")
	}
}
