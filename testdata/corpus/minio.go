//go:build minio

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func init() {
	var client *minio.Client
	busy(func() (err error) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("ETag", `"e"`) }))
		client, err = minio.New(strings.TrimPrefix(s.URL, "http://"), &minio.Options{Creds: credentials.NewStaticV4("a", "b", ""), Region: "r"})
		return err
	}, func() error {
		_, err := client.PutObject(context.Background(), "bucket", "key", strings.NewReader("text"), 4, minio.PutObjectOptions{})
		return err
	})
}
