wrk.method = "POST"
wrk.body = '["Ada"]'
wrk.headers["Content-Type"] = "application/json"

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('figures {"requests": %.1f, "p99": %.4f, "p999": %.4f, "failed": %d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
