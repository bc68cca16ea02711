// Package codec compares what it takes to write an order and to read it back, without any call:
//
//	go test ./codec -run '^$' -bench . -count 10
//
// All read into a value of their own that shares nothing with the bytes. Those whose code is generated
// for a shop.Order, or that convert as they read (capnp), have the order itself; the others have
// a type of their own, which a program would have to fill in from the order and back:
// that is the benchmark Convert.
//
// go generate ./codec/... ./shop ./guest/... writes the generated code again. Only that of
// Cap'n Proto needs a program that Go does not build: capnp.
package codec

import (
	"context"
	"encoding/json"
	"testing"

	gocapnp "capnproto.org/go/capnp/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/scripts/compare/codec/capnp"
	"github.com/hotso/hotso/scripts/compare/codec/msgp"
	"github.com/hotso/hotso/scripts/compare/codec/mus"
	"github.com/hotso/hotso/scripts/compare/codec/pb"
	"github.com/hotso/hotso/scripts/compare/shop"
)

// A codec writes the sample and reads it back; order is what it read.
type codec struct {
	name      string
	roundTrip func() (size int, err error)
	order     func() shop.Order
}

func codecs(tb testing.TB) []codec {
	sample := shop.Sample()
	return []codec{
		ours(tb, sample), musGo(sample), tinylib(sample), vtproto(sample), protobuf(sample), capnproto(sample), stdJSON(sample),
	}
}

// mirror is a caller whose methods answer with their arguments, so that a call is a writing and
// a reading.
type mirror struct{ size int }

// header is how long the context of a call is that has no deadline and carries nothing.
const header = 12

func (m *mirror) BindContract(*contract.Info) ([]contract.Remote, error) {
	return []contract.Remote{{Call: func(_ context.Context, args, _ []byte) ([]byte, error) {
		m.size = len(args) - header
		return args[header:], nil
	}}}, nil
}

func ours(tb testing.TB, in shop.Order) codec {
	m := &mirror{}
	s, err := shop.Bind(m)
	require.NoError(tb, err)
	var out shop.Order
	return codec{"hotso", func() (int, error) {
		var err error
		out, err = s.Price(tb.Context(), in)
		return m.size, err
	}, func() shop.Order { return out }}
}

func musGo(in shop.Order) codec {
	var buf []byte
	var out shop.Order
	return codec{"mus-go", func() (n int, err error) {
		buf = sized(buf, mus.OrderMUS.Size(in))
		mus.OrderMUS.Marshal(in, buf)
		out, n, err = mus.OrderMUS.Unmarshal(buf)
		return n, err
	}, func() shop.Order { return out }}
}

func tinylib(order shop.Order) codec {
	in, out := msgp.FromOrder(&order), new(msgp.Order)
	var buf []byte
	return codec{"msgp", func() (int, error) {
		var err error
		if buf, err = in.MarshalMsg(buf[:0]); err != nil {
			return 0, err
		}
		out = new(msgp.Order)
		_, err = out.UnmarshalMsg(buf)
		return len(buf), err
	}, func() shop.Order {
		o := out.Order()
		o.Placed = o.Placed.UTC() // it reads times as local ones
		return o
	}}
}

func vtproto(order shop.Order) codec {
	in, out := pb.FromOrder(&order), new(pb.Order)
	var buf []byte
	return codec{"vtproto", func() (int, error) {
		buf = sized(buf, in.SizeVT())
		if _, err := in.MarshalToSizedBufferVT(buf); err != nil {
			return 0, err
		}
		out = new(pb.Order)
		return len(buf), out.UnmarshalVT(buf)
	}, func() shop.Order { return out.Order() }}
}

func protobuf(order shop.Order) codec {
	in, out := pb.FromOrder(&order), new(pb.Order)
	var buf []byte
	return codec{"protobuf", func() (int, error) {
		var err error
		if buf, err = (proto.MarshalOptions{}).MarshalAppend(buf[:0], in); err != nil {
			return 0, err
		}
		out = new(pb.Order)
		return len(buf), proto.Unmarshal(buf, out)
	}, func() shop.Order { return out.Order() }}
}

func capnproto(in shop.Order) codec {
	var buf, space []byte
	var out shop.Order
	return codec{"capnp", func() (int, error) {
		msg, seg, err := gocapnp.NewMessage(gocapnp.SingleSegment(space[:0]))
		if err != nil {
			return 0, err
		}
		root, err := capnp.NewRootOrder(seg)
		if err != nil {
			return 0, err
		}
		if err := root.Put(&in); err != nil {
			return 0, err
		}
		if buf, err = msg.Marshal(); err != nil {
			return 0, err
		}
		space = seg.Data()
		clear(space)
		if msg, err = gocapnp.Unmarshal(buf); err != nil {
			return 0, err
		}
		if root, err = capnp.ReadRootOrder(msg); err != nil {
			return 0, err
		}
		return len(buf), root.Get(&out)
	}, func() shop.Order { return out }}
}

func stdJSON(in shop.Order) codec {
	var out shop.Order
	return codec{"encoding/json", func() (int, error) {
		buf, err := json.Marshal(&in)
		if err != nil {
			return 0, err
		}
		out = shop.Order{}
		return len(buf), json.Unmarshal(buf, &out)
	}, func() shop.Order { return out }}
}

// sized is buf with n bytes.
func sized(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}

// A codec that loses something must not count as a fast one.
func TestRoundTrip(t *testing.T) {
	for _, c := range codecs(t) {
		for range 2 { // the second time with memory of the first
			size, err := c.roundTrip()
			require.NoError(t, err, c.name)
			assert.Equal(t, shop.Sample(), c.order(), c.name)
			assert.Greater(t, size, 100, c.name)
		}
	}
}

// The order's 16 texts share an allocation; the map takes two, and the lines one.
func TestAllocations(t *testing.T) {
	roundTrip := ours(t, shop.Sample()).roundTrip
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = roundTrip() }), 4.0)
}

func BenchmarkCodec(b *testing.B) {
	for _, c := range codecs(b) {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				var err error
				if size, err = c.roundTrip(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// From an order to a type of the codec's own, and back.
func BenchmarkConvert(b *testing.B) {
	order := shop.Sample()
	var out shop.Order
	for name, convert := range map[string]func(){
		"msgp":    func() { out = msgp.FromOrder(&order).Order() },
		"vtproto": func() { out = pb.FromOrder(&order).Order() },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				convert()
			}
		})
	}
	assert.Equal(b, order, out)
}
