// Package mus is a shop.Order in the format of mus-go.
package mus

//go:generate go run ./generate
