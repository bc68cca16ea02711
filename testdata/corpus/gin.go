//go:build gin

package main

import (
	"net"

	"github.com/gin-gonic/gin"
)

func init() {
	serving(func(l net.Listener) error {
		gin.SetMode(gin.ReleaseMode)
		r := gin.New()
		r.GET("/", func(c *gin.Context) { c.JSON(200, gin.H{"hello": "world"}) })
		return r.RunListener(l)
	})
}
