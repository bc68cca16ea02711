//go:build fiber

package main

import (
	"net"

	"github.com/gofiber/fiber/v2"
)

func init() {
	serving(func(l net.Listener) error {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		app.Get("/", func(c *fiber.Ctx) error { return c.SendString("hello") })
		return app.Listener(l)
	})
}
