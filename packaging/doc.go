// Package packaging checks what hotso is packaged with: its unit of systemd, its manifests of Kubernetes, its Debian
// package. It has no other code.
package packaging
