//go:build tzdata

package main

import (
	"fmt"
	"time"
	_ "time/tzdata"
)

func init() {
	busy(func() error { return nil }, func() error {
		zone, err := time.LoadLocation("Asia/Tokyo")
		if err == nil && time.Now().In(zone).Format("MST") != "JST" {
			return fmt.Errorf("it is %v", time.Now().In(zone))
		}
		return err
	})
}
