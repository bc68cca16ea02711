//go:build viper

package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/viper"
)

// A file of settings that is watched.
func init() {
	v := viper.New()
	var file string
	busy(func() error {
		dir, err := os.MkdirTemp("", "viper")
		if err != nil {
			return err
		}
		file = filepath.Join(dir, "conf.json")
		if err := os.WriteFile(file, []byte(`{"a": 1}`), 0o666); err != nil {
			return err
		}
		v.SetConfigFile(file)
		if err := v.ReadInConfig(); err != nil {
			return err
		}
		v.WatchConfig()
		return nil
	}, func() error { return os.Chtimes(file, v.GetTime(""), v.GetTime("")) })
}
