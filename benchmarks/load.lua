-- Posts one request again and again; at the end prints one line of JSON. BODY is the path of the request.
-- With NEW=1 the request is about another patient each time, so that no answer can be a repetition.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.body = file:read("*a")
file:close()

if os.getenv("NEW") then
  local requests, sent = {}, 0
  init = function()
    math.randomseed(os.time())
    local run = math.random(1000000)
    for number = 1, 4000 do
      local patient = string.format("bench-%d-%d", run, number)
      local body = wrk.body:gsub('"bench"', '"' .. patient .. '"'):gsub("Patient/bench", "Patient/" .. patient)
      requests[number] = wrk.format(nil, nil, nil, body)
    end
  end
  request = function()
    sent = sent % #requests + 1
    return requests[sent]
  end
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
