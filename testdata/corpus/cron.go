//go:build cron

package main

import "github.com/robfig/cron/v3"

func init() {
	c := cron.New(cron.WithSeconds())
	busy(func() error {
		c.Start()
		_, err := c.AddFunc("* * * * * *", func() {})
		return err
	}, func() error {
		c.Entries()
		return nil
	})
}
