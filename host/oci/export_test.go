package oci

import "time"

// Every is WithInterval for less than a second.
func Every(d time.Duration) Option { return func(o *options) { o.interval = d } }

// WithTimeout sets how long an answer of the registry may take to begin.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.registry.Timeout = d } }

// WithPatience sets how long a start waits for the registry if it can go on without.
func WithPatience(d time.Duration) Option { return func(o *options) { o.patience = d } }
