//go:build webrtc

package main

import (
	"errors"
	"time"

	"github.com/pion/webrtc/v4"
)

// Two peers with a data channel between them.
func init() {
	var channel *webrtc.DataChannel
	busy(func() error {
		a, b := must(webrtc.NewPeerConnection(webrtc.Configuration{})), must(webrtc.NewPeerConnection(webrtc.Configuration{}))
		open := make(chan bool)
		channel = must(a.CreateDataChannel("c", nil))
		channel.OnOpen(func() { close(open) })
		b.OnDataChannel(func(d *webrtc.DataChannel) { d.OnMessage(func(webrtc.DataChannelMessage) {}) })
		connect := func(from, to *webrtc.PeerConnection, d webrtc.SessionDescription) {
			gathered := webrtc.GatheringCompletePromise(from)
			if err := from.SetLocalDescription(d); err != nil {
				panic(err)
			}
			<-gathered
			if err := to.SetRemoteDescription(*from.LocalDescription()); err != nil {
				panic(err)
			}
		}
		connect(a, b, must(a.CreateOffer(nil)))
		connect(b, a, must(b.CreateAnswer(nil)))
		select {
		case <-open:
			return nil
		case <-time.After(20 * time.Second):
			return errors.New("the peers do not find each other")
		}
	}, func() error { return channel.SendText("hello") })
}
