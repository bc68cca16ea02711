package oci

import "time"

// Every is WithInterval for less than a second.
func Every(d time.Duration) Option { return func(o *options) { o.interval = d } }
