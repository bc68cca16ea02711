// Package page tests the page of hotso serve in headless Chromium. It is a module of its own, as only these
// tests need the protocol of its developer tools.
package page
