//go:build bleve

package main

import (
	"os"

	"github.com/blevesearch/bleve/v2"
)

func init() {
	var index bleve.Index
	n := 0
	busy(func() (err error) {
		dir, err := os.MkdirTemp("", "bleve")
		if err != nil {
			return err
		}
		index, err = bleve.New(dir+"/index", bleve.NewIndexMapping())
		return err
	}, func() error {
		if n++; n > 20 {
			_, err := index.Search(bleve.NewSearchRequest(bleve.NewMatchQuery("text")))
			return err
		}
		return index.Index("id", map[string]string{"body": "some text"})
	})
}
