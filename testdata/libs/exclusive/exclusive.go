//go:build !shared

package main

import "github.com/hotso/hotso/cabi"

func init() { cabi.Exclusive() }
