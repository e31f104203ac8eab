-- One vendor account's budget: windows of calls, calls in flight, a pause, and who waits.
-- A call counts in its windows while it is in flight and for one window after it has ended: the
-- vendor counted it at some moment in between, so that no window of the vendor's holds more calls
-- than ours does. Times are milliseconds of Redis's own clock, moved by the tenant's offset.

local KEEP_MS, PROBE_MS, SLOT_MS, PARTS = 172800000, 3600000, 50, 24
local RANK = { first = 1, next = 2, last = 3 }
local given = cjson.decode(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000) + given.offset
local raw = redis.call('GET', KEYS[1])
local state = raw and cjson.decode(raw) or {}
state.w, state.fly, state.wait = state.w or {}, state.fly or {}, state.wait or {}

local function part(w) return math.max(1, math.floor(w.per / PARTS)) end

local function count(w, at)
  local slice = tostring(math.floor(at / part(w)))
  w.n[slice] = (w.n[slice] or 0) + 1
  w.since = (w.since or 0) + 1
end

local function window(name, per)
  state.w[name] = state.w[name] or { n = {}, since = 0 }
  state.w[name].per = per
  return state.w[name]
end

local function counts_in(call, name)
  if not string.find(name, ' ', 1, true) then return true end
  for _, one in ipairs(call.names) do
    if one == name then return true end
  end
  return false
end

local function ended(call, at)
  for name, w in pairs(state.w) do
    if counts_in(call, name) then count(w, at) end
  end
end

-- What is past is forgotten; so is what a tenant with a clock ahead of ours has left behind.
local function tidy()
  local ahead = now + 10000
  for id, call in pairs(state.fly) do
    if call.at > ahead then state.fly[id] = nil
    elseif call.til <= now then
      ended(call, call.til)
      state.fly[id] = nil
    end
  end
  for _, w in pairs(state.w) do
    local long = part(w)
    for slice in pairs(w.n) do
      local at = tonumber(slice) * long
      if at + long + w.per <= now or at > ahead then w.n[slice] = nil end
    end
    if w.obs and (w.obs.til <= now or w.obs.at > ahead) then w.obs = nil end
  end
  if state.pause and (state.pause.til <= now or state.pause.at > ahead) then state.pause = nil end
  for who, one in pairs(state.wait) do
    if one.til + 60000 <= now or one.at > ahead then state.wait[who] = nil end
  end
end

local function flying(name)
  local found = 0
  for _, call in pairs(state.fly) do
    if not name or counts_in(call, name) then found = found + 1 end
  end
  return found
end

local function own(w)
  local found = 0
  for _, n in pairs(w.n) do found = found + n end
  return found
end

-- Calls used up, by our own count and by what the vendor said last.
local function used(name, w)
  local air = flying(name)
  local mine = own(w) + air
  if not w.obs then return mine end
  if w.obs.fixed then return math.max(mine, w.obs.used + w.since + air) end
  return mine + w.obs.foreign
end

-- Milliseconds until `need` calls of this window have aged out.
local function ages(w, need)
  local steps = {}
  for slice, n in pairs(w.n) do
    steps[#steps + 1] = { (tonumber(slice) + 1) * part(w) + w.per, n }
  end
  if w.obs and not w.obs.fixed then steps[#steps + 1] = { w.obs.til, w.obs.foreign } end
  table.sort(steps, function(a, b) return a[1] < b[1] end)
  for _, step in ipairs(steps) do
    need = need - step[2]
    if need <= 0 then return step[1] - now end
  end
  return 100
end

local function ceiling(limit, share)
  return math.max(1, math.floor(limit * share + 1e-9))
end

-- Milliseconds to wait for this window (0: none).
local function blocked(name, limit, share)
  local w = state.w[name]
  if limit <= 0 then return w.per end
  local over = used(name, w) + 1 - ceiling(limit, share)
  if over <= 0 then return 0 end
  local wait = ages(w, over)
  if w.obs and w.obs.fixed and w.obs.used + w.since + flying(name) + 1 > ceiling(limit, share) then
    wait = math.max(wait, w.obs.til - now)
  end
  return math.max(20, wait)
end

local function share_of(per)
  return given.share * (per > 3600000 and given.long or given.short)
end

-- Whether somebody before us waits for a slot: who has just left one would take it again at once.
local function outranked()
  for _, one in pairs(state.wait) do
    local asks = one.why == 'at once' and one.til + 100 > now
    if asks and RANK[one.purpose] < RANK[given.purpose] then return true end
  end
  return false
end

local function longest_wait()
  if state.pause then return state.pause.til - now, 'pause' end
  local wait, why = 0, ''
  local seen = {}
  for _, w in ipairs(given.windows) do
    window(w.name, w.per).declared = w.calls
    seen[w.name] = true
    local limit = state.w[w.name].of or w.calls
    local ms = limit and blocked(w.name, limit, share_of(w.per)) or 0
    if ms > wait then wait, why = ms, w.name end
  end
  for name, w in pairs(state.w) do
    if not seen[name] and w.of and not string.find(name, ' ', 1, true) then
      local ms = blocked(name, w.of, share_of(w.per))
      if ms > wait then wait, why = ms, name end
    end
  end
  if given.slots and wait < SLOT_MS and (flying() >= given.slots or outranked()) then
    return SLOT_MS, 'at once'
  end
  return wait, why
end

local function take()
  local wait, why = longest_wait()
  if wait > 0 then
    local before = state.wait[given.who]
    local since = before and before.at or now
    state.wait[given.who] = { at = since, til = now + wait, why = why, purpose = given.purpose }
    return { wait, why }
  end
  state.wait[given.who] = nil
  local names = {}
  for i, w in ipairs(given.windows) do names[i] = w.name end
  state.fly[given.id] = { at = now, til = now + given.life, names = names }
  return { 0, '' }
end

local function learn(left, began)
  local w = window(left.name, left.per)
  if left.of and left.of > 0 then w.of = left.of end
  local limit = w.of or left.declared
  if not left.calls or not limit then return end
  local said = math.max(0, limit - left.calls)
  -- Answers overtake one another: of calls that were open together the fuller word holds.
  if w.obs and began < w.obs.at and said < used(left.name, w) then return end
  local wait = left.reset or math.min(w.per, PROBE_MS)
  w.obs = {
    at = now, til = now + wait, used = said, fixed = left.reset and true or false,
    foreign = math.max(0, said - own(w)),
  }
  w.since = 0
end

local function give()
  local call = state.fly[given.id]
  state.fly[given.id] = nil
  for _ = 1, call and given.calls or 0 do ended(call, now) end
  for _, left in ipairs(given.left) do learn(left, call and call.at or now) end
  if given.pause and (not state.pause or state.pause.til < now + given.pause) then
    state.pause = { at = now, til = now + given.pause, why = given.why }
  end
  return {}
end

local function look()
  local found = { windows = {}, now = now, at_once = flying(), pause = state.pause }
  for _, w in ipairs(given.windows) do window(w.name, w.per).declared = w.calls end
  for name, w in pairs(state.w) do
    local limit = w.of or w.declared
    if limit then
      found.windows[#found.windows + 1] = {
        name = name, per = w.per, limit = limit, used = used(name, w), learnt = w.of and true or false,
        reset = w.obs and w.obs.fixed and w.obs.til or nil, heard = w.obs and w.obs.at or nil,
      }
    end
  end
  found.waiting = {}
  for who, one in pairs(state.wait) do
    if one.til + 5000 > now then
      one.who = who
      found.waiting[#found.waiting + 1] = one
    end
  end
  return found
end

tidy()
if ARGV[1] == 'look' then return cjson.encode(look()) end
local answer = ARGV[1] == 'take' and take() or give()
redis.call('SET', KEYS[1], cjson.encode(state), 'PX', KEEP_MS)
return answer
