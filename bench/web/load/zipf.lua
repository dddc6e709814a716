-- zipf.lua - a mix of files after SPECweb99's: 35 % of 0.1 to 0.9 KB, 50 % of 1 to 9 KB, 14 % of 10
-- to 90 KB, 1 % of 100 to 900 KB. Within a class of nine files, and among the folders that have the
-- classes, the n-th is asked for with a probability as 1 / n. The sequence is always the same.
local FOLDERS = tonumber(os.getenv("FLUX_BENCH_FOLDERS"))
local FILES = 9
local SHARES = {0.35, 0.85, 0.99, 1} -- of classes 0 to 3, summed up
local REQUESTS = 8192

-- A number from 1 to n.
local function zipf(n)
    local total, sums = 0, {}
    for i = 1, n do
        total = total + 1 / i
        sums[i] = total
    end
    return function()
        local luck = math.random() * total
        for i = 1, n do
            if luck <= sums[i] then return i end
        end
        return n
    end
end

local requests, next_request = {}, 0

function init(arguments)
    math.randomseed(20060601)
    local folder, file = zipf(FOLDERS), zipf(FILES)
    for i = 1, REQUESTS do
        local luck, class = math.random(), 0
        while luck > SHARES[class + 1] do class = class + 1 end
        local path = string.format("/mix%d/class%d_%d", folder() - 1, class, file())
        requests[i] = wrk.format("GET", path)
    end
end

function request()
    next_request = next_request % REQUESTS + 1
    return requests[next_request]
end

dofile(os.getenv("FLUX_BENCH_LOAD") .. "/report.lua")
