//go:build gorm

package main

import (
	"path/filepath"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func init() {
	type item struct {
		ID   uint
		Name string
	}
	var db *gorm.DB
	busy(func() error {
		return apart(func(dir string) (err error) {
			file := filepath.Join(dir, "gorm.db") + "?_pragma=busy_timeout(5000)"
			if db, err = gorm.Open(sqlite.Open(file), &gorm.Config{Logger: logger.Discard}); err != nil {
				return err
			}
			return db.AutoMigrate(&item{})
		})
	}, func() error {
		it := item{Name: "a"}
		if err := db.Create(&it).Error; err != nil {
			return err
		}
		return db.Delete(&it).Error
	})
}
