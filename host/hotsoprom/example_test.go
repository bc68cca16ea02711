package hotsoprom_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hotsoprom"
)

func ExampleCollector() {
	ctx := context.Background()
	slot := host.NewSlot("greeter", host.MeasureCalls())
	defer slot.Close(ctx)
	registry := prometheus.NewRegistry()
	registry.MustRegister(hotsoprom.Collector(slot))
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // for GET /metrics

	// Here the version is linked in; mostly it is a file, as slot.Swap takes it.
	v1 := host.Builtin("1", map[string]any{"Greet": func(name string) string { return "Hello, " + name }})
	if _, err := slot.SwapTo(ctx, v1); err != nil {
		fmt.Println(err)
	}
	for range 3 {
		_, _ = slot.Call(ctx, "Greet", "Ada")
	}

	answer := httptest.NewRecorder()
	metrics.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, "hotso_calls_total") {
			fmt.Print(line)
		}
	}
	// Output: hotso_calls_total{library="greeter",version="1"} 3
}
