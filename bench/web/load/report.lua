-- report.lua - what wrk has counted, as one line of JSON.
local format = 'result {"requests": %d, "microseconds": %d, "bytes": %d, "median": %g, "late": %g, '
    .. '"failed": %d, "refused": %d}\n'

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(format:format(summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
