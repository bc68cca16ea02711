package oci_test

import (
	"context"
	"errors"
	"log"
	"os"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/oci"
)

// A service that always runs what a tag stands for, if it is signed by a key that it trusts.
func ExampleVersions() {
	ctx := context.Background()
	key, err := host.ParsePublicKey(os.Getenv("GREETER_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	slot := host.NewSlot("greeter", host.TrustKeys(key))
	defer slot.Close(ctx)
	for v := range oci.Versions(ctx, "registry.example.com/team/greeter:stable") {
		if _, err := slot.Swap(ctx, v.Path); err != nil {
			log.Print(err) // the previous version goes on serving
		}
	}
}

// A service that tells how it goes with the registry.
func ExampleFollower_Events() {
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	f, err := oci.New("registry.example.com/team/greeter:stable",
		oci.WithInterval(5*time.Second),
		oci.WithHostID(os.Getenv("NODE_NAME")), // a container's own name changes
		oci.WithCache("/var/cache/greeter"))
	if err != nil {
		log.Fatal(err)
	}
	for e := range f.Events(ctx) {
		switch e.Kind {
		case oci.Found:
			if e.Back {
				log.Printf("back to v%s", e.Version.Text)
			}
			if _, err := slot.Swap(ctx, e.Version.Path); err != nil {
				log.Print(err)
			}
		case oci.Refused:
			log.Printf("v%s runs on: %v", f.Status().Version, e.Err)
		case oci.Trouble:
			if errors.Is(e.Err, oci.ErrDenied) {
				log.Printf("log in: %v", e.Err)
			} else {
				log.Print(e.Err)
			}
		}
	}
}
