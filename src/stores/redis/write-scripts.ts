// What the server does for us in one step, as Lua: each script is atomic, and may be run again with the same
// arguments without doing harm. Knows the layout of the keys; knows no connection.
//
// All keys begin with `{prefix}:`; the braces put them into one slot of a cluster.
//   store         hash: format, epoch (a random name of this data), changes, large (bytes)
//   r:000 … r:fff hash: results by the first three digits of their hashes; hash of 32 bytes → record, or reference
//   large:NAME    hash: number → piece of a record too large for the above
//   failures, origins, aside      hash: hash of 32 bytes, or id of an origin → bytes
//   locks         hash: hash of 32 bytes → token of the owner, 32 digits, then when it was taken
//   owners        hash: token → who that is, as JSON
//   alive:TOKEN   there for as long as the owner's lease lasts, by the server's clock
//
// A reference is 88 bytes: a record's head that says "elsewhere", NAME in 32 digits, and the bytes in 8 digits of base 36.

export const REFERENCE_BYTES = 88;
/** Where NAME is in it. */
export const REFERENCE_NAME = 48;
export const REFERENCE_SIZE = 80;
export const SHARDS = 4096;
export const FORMAT = 1;

const COMMON = `
local P = string.sub(KEYS[1], 1, -6)
local RESULTS, LOCKS, OWNERS = P .. 'r:', P .. 'locks', P .. 'owners'
local call, sub, byte, floor = redis.call, string.sub, string.byte, math.floor
local digits = {[0] = ${[...'0123456789abcdef'].map(digit => `'${digit}'`).join()}}
local function shard(hash)
  local a, b = byte(hash, 1, 2)
  return RESULTS .. digits[floor(a / 16)] .. digits[a % 16] .. digits[floor(b / 16)]
end
local function each(packed, visit)
  for at = 1, #packed, 32 do visit(sub(packed, at, at + 31)) end
end
local function listed(packed)
  local hashes = {}
  each(packed, function(hash) hashes[#hashes + 1] = hash end)
  return hashes
end
local function eachValue(packed, visit)
  local at = 1
  while at < #packed do
    local a, b, c, d = byte(packed, at + 32, at + 35)
    local last = at + 35 + a + b * 256 + c * 65536 + d * 16777216
    visit(sub(packed, at, at + 31), sub(packed, at + 36, last))
    at = last + 1
  end
end
local function bytesOf(reference) return tonumber(sub(reference, 81, 88), 36) end
local function isReference(value)
  return #value == 88 and byte(value, 1) == 74 and byte(value, 4) % 2 == 1
end
local function unlink(reference)
  if call('UNLINK', P .. 'large:' .. sub(reference, 49, 80)) == 1 then
    call('HINCRBY', KEYS[1], 'large', -bytesOf(reference))
  end
end
local function alive(token) return call('EXISTS', P .. 'alive:' .. token) == 1 end
local function changed() return call('HINCRBY', KEYS[1], 'changes', 1) end
local function giveBack(packed, token)
  for from = 1, #packed, 32000 do
    local hashes, mine = listed(sub(packed, from, from + 31999)), {}
    local holders = call('HMGET', LOCKS, unpack(hashes))
    for i, holder in ipairs(holders) do
      if holder and sub(holder, 1, 32) == token then mine[#mine + 1] = hashes[i] end
    end
    if #mine > 0 then call('HDEL', LOCKS, unpack(mine)) end
  end
end
`;

/**
 * ARGV[1] is the epoch that was found at open, ARGV[2] the highest number of changes that was seen. Where the server
 * knows another epoch or fewer changes, it has lost data; the epoch then gets another name, so that everybody notices.
 */
const STILL_THERE = `
local state = call('HMGET', KEYS[1], 'epoch', 'changes')
if state[1] ~= ARGV[1] then return redis.error_reply('JUGLOST') end
local changes = tonumber(state[2])
if changes < tonumber(ARGV[2]) then
  call('HSET', KEYS[1], 'epoch', ARGV[1] .. '-' .. changes)
  return redis.error_reply('JUGLOST')
end
`;

/** ARGV[3] is our token, ARGV[4] the lease in milliseconds, ARGV[5] who we are. A lapsed lease begins anew. */
const RENEWED = `
local token = ARGV[3]
call('SET', P .. 'alive:' .. token, '1', 'PX', ARGV[4])
call('HSETNX', OWNERS, token, ARGV[5])
`;

export interface Script {
  readonly text: string;
  /** May be sent again when it is not known whether it was run: the answer stays the same. */
  readonly repeatable: boolean;
}

export function script(parts: readonly string[], repeatable = true): Script {
  return {text: [COMMON, ...parts].join(''), repeatable};
}

/** ARGV: a new epoch's name. Answers format, epoch, changes. Forgets dead owners that hold nothing. */
export const OPEN = script([
  `
if call('HEXISTS', KEYS[1], 'epoch') == 0 then
  call('HSET', KEYS[1], 'format', ${FORMAT}, 'epoch', ARGV[1], 'changes', 0, 'large', 0)
end
local holding = {}
for _, lock in ipairs(call('HVALS', LOCKS)) do holding[sub(lock, 1, 32)] = true end
for _, token in ipairs(call('HKEYS', OWNERS)) do
  if not holding[token] and not alive(token) then call('HDEL', OWNERS, token) end
end
return call('HMGET', KEYS[1], 'format', 'epoch', 'changes')
`,
]);

/** Answers the number of changes. */
export const RENEW = script([STILL_THERE, RENEWED, 'return changes']);

/** ARGV[6]: now, by our clock. ARGV[7]: hashes. Answers a letter for each, then the holders that live. */
export const ACQUIRE = script([
  STILL_THERE,
  RENEWED,
  `
local answers, lives, holders, taken = {}, {[token] = true}, {}, {}
local mine = token .. ARGV[6]
local hashes = listed(ARGV[7])
for i, holder in ipairs(call('HMGET', LOCKS, unpack(hashes))) do
  local hash = hashes[i]
  local owner = holder and sub(holder, 1, 32)
  local answer = 'a'
  if call('HEXISTS', shard(hash), hash) == 1 then
    answer = 'f'
    if owner == token then call('HDEL', LOCKS, hash) end
  elseif owner ~= token then
    if owner and lives[owner] == nil then
      lives[owner] = alive(owner)
      if lives[owner] then holders[#holders + 1] = owner end
    end
    if owner and lives[owner] then
      answer = 'h'
    else
      taken[#taken + 1] = hash
      taken[#taken + 1] = mine
    end
  end
  answers[i] = answer
end
if #taken > 0 then call('HSET', LOCKS, unpack(taken)) end
return {table.concat(answers), holders}
`,
]);

/** ARGV[4]: hashes. Answers the number of changes. */
export const RELEASE = script([STILL_THERE, `giveBack(ARGV[4], ARGV[3]) return changed()`]);

/**
 * ARGV[4]: results, [5]: failures, [6]: references, each as hash, length in 4 bytes, value. [7]: hashes whose locks are
 * given back. Then ids of origins, each with its text. Answers the number of changes; JUGDRAFT: a draft has lapsed.
 */
export const SAVE = script([
  STILL_THERE,
  `
local drafts = true
eachValue(ARGV[6], function(hash, reference)
  if call('EXISTS', P .. 'large:' .. sub(reference, 49, 80)) == 0 and call('HEXISTS', shard(hash), hash) == 0 then drafts = false end
end)
if not drafts then return redis.error_reply('JUGDRAFT') end
local anyFailure = call('EXISTS', P .. 'failures') == 1
for i = 8, #ARGV, 2 do call('HSETNX', P .. 'origins', ARGV[i], ARGV[i + 1]) end
eachValue(ARGV[4], function(hash, record)
  call('HSETNX', shard(hash), hash, record)
  if anyFailure then call('HDEL', P .. 'failures', hash) end
end)
eachValue(ARGV[6], function(hash, reference)
  local results, draft = shard(hash), P .. 'large:' .. sub(reference, 49, 80)
  if call('HSETNX', results, hash, reference) == 1 then
    call('PERSIST', draft)
    call('HINCRBY', KEYS[1], 'large', bytesOf(reference))
  elseif call('HGET', results, hash) ~= reference then
    call('UNLINK', draft)
  end
  if anyFailure then call('HDEL', P .. 'failures', hash) end
end)
eachValue(ARGV[5], function(hash, failure)
  if call('HEXISTS', shard(hash), hash) == 0 then call('HSET', P .. 'failures', hash, failure) end
end)
giveBack(ARGV[7], ARGV[3])
return changed()
`,
]);

/** ARGV[3]: hashes. Answers a letter for each, and the number of changes. */
export const REMOVE = script(
  [
    STILL_THERE,
    `
local answers = {}
each(ARGV[3], function(hash)
  local results = shard(hash)
  local there = call('HEXISTS', results, hash) == 1
  if there then
    if call('HSTRLEN', results, hash) == 88 then
      local value = call('HGET', results, hash)
      if isReference(value) then unlink(value) end
    end
    call('HDEL', results, hash)
  end
  call('HDEL', P .. 'failures', hash)
  answers[#answers + 1] = there and 'y' or 'n'
end)
return {table.concat(answers), changed()}
`,
  ],
  false,
);

/** ARGV[3]: hashes, each with what its value begins with. Takes out those that begin so still, and keeps them aside. */
export const SET_ASIDE = script(
  [
    STILL_THERE,
    `
local answers = {}
eachValue(ARGV[3], function(hash, seen)
  local results = shard(hash)
  local value = call('HGET', results, hash)
  local same = value and sub(value, 1, #seen) == seen
  if same then
    local before = call('HGET', P .. 'aside', hash)
    if before and isReference(before) then unlink(before) end
    call('HSET', P .. 'aside', hash, value)
    call('HDEL', results, hash)
  end
  answers[#answers + 1] = same and 'y' or 'n'
end)
return {table.concat(answers), changed()}
`,
  ],
  false,
);

/** ARGV[3]: hashes. */
export const REMOVE_FAILURES = script([
  STILL_THERE,
  `
each(ARGV[3], function(hash) call('HDEL', P .. 'failures', hash) end)
return changed()
`,
]);

/**
 * ARGV[3]: tokens of owners that are dead for certain, or whose locks shall go all the same; [4]: of those that are dead
 * if their lease has lapsed. Answers how many locks there were, and the number of changes.
 */
export const BURY = script(
  [
    STILL_THERE,
    `
local buried, count = {}, 0
each(ARGV[3], function(token) buried[token] = true end)
each(ARGV[4], function(token) if not alive(token) then buried[token] = true end end)
local locks = call('HGETALL', LOCKS)
for i = 1, #locks, 2 do
  if buried[sub(locks[i + 1], 1, 32)] then
    call('HDEL', LOCKS, locks[i])
    count = count + 1
  end
end
for token in pairs(buried) do
  call('HDEL', OWNERS, token)
  call('DEL', P .. 'alive:' .. token)
end
if count == 0 then return {0, changes} end
return {count, changed()}
`,
  ],
  false,
);
