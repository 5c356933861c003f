// What the server is asked about results, as Lua in the manner of scripts.ts: these only read.

import {SHARDS, script} from './write-scripts.js';

/** ARGV[1]: hashes. Answers a letter for each. */
export const HAS = script([
  `
local answers = {}
each(ARGV[1], function(hash) answers[#answers + 1] = call('HEXISTS', shard(hash), hash) == 1 and 'y' or 'n' end)
return table.concat(answers)
`,
]);

/** How many results are in each shard. */
export const COUNT = script([
  `
local counts = {}
for i = 0, ${SHARDS - 1} do counts[i + 1] = call('HLEN', RESULTS .. string.format('%03x', i)) end
return counts
`,
]);

/** ARGV: names of shards. Answers all their hashes in one: a word each would cost far more to read. */
export const HASHES = script([
  `
local shards = {}
for i, name in ipairs(ARGV) do shards[i] = table.concat(call('HKEYS', RESULTS .. name)) end
return table.concat(shards)
`,
]);

/** ARGV: names of shards. Answers hash and head in one for each result. */
export const HEADS = script([
  `
local heads = {}
for _, name in ipairs(ARGV) do
  local results = RESULTS .. name
  for _, hash in ipairs(call('HKEYS', results)) do
    heads[#heads + 1] = hash .. sub(call('HGET', results, hash), 1, 48)
  end
end
return heads
`,
]);
