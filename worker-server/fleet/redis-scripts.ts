// The writes of a fleet's records on Redis. Each is one script, so that it happens whole or not at all. All have the
// keys of `keysOf` first, and as their first arguments the job's key and the owner's.
// A full Redis lets a script write on once it has begun with a command that makes room: ZREM, DEL and HDEL do.

/** What a record counts for stands in the job's hash: `held` for its owner and `all` while it has an input, `ended` as the
 * member of its owner's ended ones, `key:bytes`. */
const COMMON = `
local job, input, waiting, owned, ended, endedOfAll, held = unpack(KEYS, 1, 7)
local key, owner = ARGV[1], ARGV[2]
local function count(by, field)
  if redis.call('HINCRBY', held, field, by) <= 0 then redis.call('HDEL', held, field) end
end
local function forgetEnd(member)
  if not member or redis.call('ZREM', ended, member) == 0 then return end
  redis.call('ZINCRBY', endedOfAll, -tonumber(string.match(member, '%d+$')), owner)
  redis.call('ZREMRANGEBYSCORE', endedOfAll, '-inf', 0)
end
local function noLongerEnded()
  local member = redis.call('HGET', job, 'ended')
  redis.call('HDEL', job, 'ended')
  forgetEnd(member)
end
local function dropInput()
  redis.call('DEL', input)
  local bytes = redis.call('HGET', job, 'held')
  if not bytes then return end
  redis.call('HDEL', job, 'held')
  count(-bytes, owner)
  count(-bytes, 'all')
end
`;

/** KEYS then queued, and the index of the one it takes the place of; ARGV then revision, sequence, text, sealed, input's
 * life, caps (all, of one owner, bytes), revision and sequence of that one, life of the owner's index. An owner's bytes
 * may be as many as are left for the others. What it takes the place of does not count. */
export const INSERT = `${COMMON}
local queued, before = KEYS[8], KEYS[9]
if redis.call('EXISTS', job) == 1 then
  if redis.call('HGET', job, 'revision') ~= ARGV[11] then return 'known' end
  if redis.call('ZSCORE', before, key) ~= ARGV[12] then return 'known' end
end
local waited = redis.call('ZSCORE', queued, key) and 1 or 0
if redis.call('ZCARD', waiting) - waited >= tonumber(ARGV[9]) then return 'full-owner' end
if redis.call('ZCARD', queued) - waited >= tonumber(ARGV[8]) then return 'full' end
local bytes = string.len(ARGV[5]) + string.len(ARGV[6])
local old = tonumber(redis.call('HGET', job, 'held') or 0)
local mine = tonumber(redis.call('HGET', held, owner) or 0) - old
local left = tonumber(ARGV[10]) - tonumber(redis.call('HGET', held, 'all') or 0) + old - bytes
if left < 0 then return 'full-bytes' end
if mine > 0 and mine + bytes > left then return 'full-owner-bytes' end
redis.call('ZREM', before, key)
noLongerEnded()
dropInput()
redis.call('DEL', job)
redis.call('HSET', job, 'revision', ARGV[3], 'state', 'queued', 'text', ARGV[5], 'held', bytes)
redis.call('SET', input, ARGV[6], 'PX', ARGV[7])
count(bytes, owner)
count(bytes, 'all')
redis.call('ZADD', queued, ARGV[4], key)
redis.call('ZADD', waiting, ARGV[4], key)
redis.call('ZADD', owned, ARGV[4], key)
redis.call('PEXPIRE', owned, ARGV[13])
return 'added'`;

/** KEYS then index before, index after; ARGV then old revision, revision, state, sequence, text, whether the input stays,
 * how long the job is kept (0: for good), the owner's index; of an ended one its end and its bytes; old sequence. */
export const REPLACE = `${COMMON}
if redis.call('HGET', job, 'revision') ~= ARGV[3] then return 0 end
if redis.call('ZSCORE', KEYS[8], key) ~= ARGV[13] then return 0 end
redis.call('ZREM', KEYS[8], key)
noLongerEnded()
redis.call('HSET', job, 'revision', ARGV[4], 'state', ARGV[5], 'text', ARGV[7])
redis.call('ZADD', KEYS[9], ARGV[6], key)
if ARGV[5] == 'queued' then redis.call('ZADD', waiting, ARGV[6], key) else redis.call('ZREM', waiting, key) end
redis.call('ZADD', owned, ARGV[6], key)
redis.call('PEXPIRE', owned, ARGV[10])
if ARGV[8] == '0' then dropInput() end
if ARGV[9] == '0' then
  redis.call('PERSIST', job)
else
  redis.call('PEXPIRE', job, ARGV[9])
  local member = key .. ':' .. ARGV[12]
  redis.call('HSET', job, 'ended', member)
  if redis.call('ZADD', ended, ARGV[11], member) == 1 then redis.call('ZINCRBY', endedOfAll, ARGV[12], owner) end
end
return 1`;

/** KEYS then the indexes of all states; ARGV then, of an ended one, the member it must still be: when it is not, only
 * that member goes. Left empty: whatever it is. */
export const DROP = `${COMMON}
if ARGV[3] ~= '' and redis.call('HGET', job, 'ended') ~= ARGV[3] then
  forgetEnd(ARGV[3])
  return 0
end
for at = 8, #KEYS do redis.call('ZREM', KEYS[at], key) end
redis.call('ZREM', waiting, key)
redis.call('ZREM', owned, key)
noLongerEnded()
dropInput()
redis.call('DEL', job)
return 1`;

export const SPEND = `
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('PEXPIRE', KEYS[1], 120000) end
return used`;
