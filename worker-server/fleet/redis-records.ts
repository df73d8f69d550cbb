// Records in Redis or Valkey: a hash for each job, an index for each state, inputs apart with an expiry. Every write
// is one script, so that it happens whole or not at all.
import type { Redis } from 'ioredis';
import type { JobState } from '../../src/core/job.ts';
import {
  BEAT_KEPT_MS,
  type Beat,
  type Caps,
  ENDED_KEPT_MS,
  fromText,
  INPUT_KEPT_MS,
  keptMs,
  keyOf,
  ownerOf,
  type Records,
  type Stored,
  toText,
} from './records.ts';

/** At its limit Redis refuses every write, those included that end jobs and make room again: a tenth is theirs. */
const FULL_SHARE = 0.9;
const STATES: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

/** An owner's index holds so many, and goes when the last of them is long past. */
const MOST_OWNED = 10_000;
const OWNED_KEPT_MS = 3 * ENDED_KEPT_MS;
const PAGE = 1000;

/** KEYS job, input, queued, the owner's that wait, all the owner's, the index of the one it takes the place of; ARGV
 * key, revision, sequence, text, sealed, input's life, caps, revision and sequence of that one, and of the owner's index
 * its size and life. */
const INSERT = `
if redis.call('EXISTS', KEYS[1]) == 1 then
  if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[9] then return 'known' end
  if redis.call('ZSCORE', KEYS[6], ARGV[1]) ~= ARGV[10] then return 'known' end
end
if redis.call('ZCARD', KEYS[4]) >= tonumber(ARGV[8]) then return 'full-owner' end
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then return 'full' end
redis.call('ZREM', KEYS[6], ARGV[1])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'state', 'queued', 'text', ARGV[4])
redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[6])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -1 - tonumber(ARGV[11]))
redis.call('PEXPIRE', KEYS[5], ARGV[12])
return 'added'`;

/** KEYS job, input, the owner's that wait, index before, index after, all the owner's; ARGV key, old revision,
 * revision, state, sequence, text, whether the input stays, how long the job is kept (0: for good), and the owner's
 * index. */
const REPLACE = `
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[1], 'revision', ARGV[3], 'state', ARGV[4], 'text', ARGV[6])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[1])
if ARGV[4] == 'queued' then redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1]) else redis.call('ZREM', KEYS[3], ARGV[1]) end
redis.call('ZADD', KEYS[6], ARGV[5], ARGV[1])
redis.call('PEXPIRE', KEYS[6], ARGV[9])
if ARGV[7] == '0' then redis.call('DEL', KEYS[2]) end
if ARGV[8] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[8]) end
return 1`;

const SPEND = `
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('PEXPIRE', KEYS[1], 120000) end
return used`;

export function redisRecords(redis: Redis, prefix: string): Records {
  const jobKey = (key: string) => `${prefix}:job:${key}`;
  const inputKey = (key: string) => `${prefix}:input:${key}`;
  const index = (state: JobState) => `${prefix}:state:${state}`;
  const ownersKey = (jobId: string) => `${prefix}:waiting:${keyOf(ownerOf(jobId))}`;
  const ownedKey = (owner: string) => `${prefix}:owner:${keyOf(owner)}`;

  /** Those of the keys whose jobs have expired: that takes no entry out of an index. */
  async function dropGone(from: string, keys: readonly string[]): Promise<string[]> {
    if (keys.length === 0) return [];
    const reads = redis.pipeline();
    for (const key of keys) reads.exists(jobKey(key));
    const there = (await reads.exec()) ?? [];
    const gone = keys.filter((_, at) => there[at]?.[1] === 0);
    if (gone.length > 0) await redis.zrem(from, ...gone);
    return gone;
  }

  async function read(keys: readonly string[]): Promise<Stored[]> {
    if (keys.length === 0) return [];
    const reads = redis.pipeline();
    for (const key of keys) reads.hget(jobKey(key), 'text');
    const texts = (await reads.exec()) ?? [];
    return texts.flatMap(([, text]) => (typeof text === 'string' ? [fromText(text)] : []));
  }

  async function newest(states: readonly JobState[], limit: number): Promise<Stored[]> {
    const last = Number.isFinite(limit) && limit < 1e9 ? limit - 1 : -1;
    const found: { key: string; sequence: number }[] = [];
    for (const state of states) {
      const flat = await redis.zrevrange(index(state), 0, last, 'WITHSCORES');
      for (let at = 0; at < flat.length; at += 2) {
        found.push({ key: flat[at]!, sequence: Number(flat[at + 1]) });
      }
    }
    found.sort((a, b) => b.sequence - a.sequence);
    return read(found.slice(0, limit).map(({ key }) => key));
  }

  return {
    async get(key) {
      const text = await redis.hget(jobKey(key), 'text');
      return text === null ? undefined : fromText(text);
    },

    async insert(job, sealed, { maxQueued, maxQueuedPerOwner }: Caps, over) {
      const key = keyOf(job.id);
      const keys = [
        ...[jobKey(key), inputKey(key), index('queued'), ownersKey(job.id)],
        ...[ownedKey(ownerOf(job.id)), index(over?.state ?? 'failed')],
      ];
      const text = toText({ job, offer: null });
      return (await redis.eval(
        INSERT,
        keys.length,
        ...keys,
        key,
        job.revision,
        job.sequence,
        text,
        Buffer.from(sealed),
        INPUT_KEPT_MS,
        maxQueued,
        maxQueuedPerOwner,
        over?.revision ?? '',
        over?.sequence ?? '',
        MOST_OWNED,
        OWNED_KEPT_MS,
      )) as 'added' | 'known' | 'full' | 'full-owner';
    },

    async replace(before, after) {
      const { job } = after;
      const key = keyOf(job.id);
      const keys = [
        ...[jobKey(key), inputKey(key), ownersKey(job.id)],
        ...[index(before.job.state), index(job.state), ownedKey(ownerOf(job.id))],
      ];
      const taken = await redis.eval(
        REPLACE,
        keys.length,
        ...keys,
        key,
        before.job.revision,
        job.revision,
        job.state,
        job.sequence,
        toText(after),
        job.inputKept ? 1 : 0,
        keptMs(job),
        OWNED_KEPT_MS,
      );
      return taken === 1;
    },

    async remove(key) {
      const text = await redis.hget(jobKey(key), 'text');
      const all = redis.multi().del(jobKey(key), inputKey(key));
      for (const state of STATES) all.zrem(index(state), key);
      if (text !== null) {
        const { id } = fromText(text).job;
        all.zrem(ownersKey(id), key).zrem(ownedKey(ownerOf(id)), key);
      }
      await all.exec();
    },

    input: (key) => redis.getBuffer(inputKey(key)),
    nextSequence: () => redis.incr(`${prefix}:sequence`),

    list: (states, limit = Number.MAX_SAFE_INTEGER) => newest(states, limit),

    async recent(owner, most) {
      if (owner === null) {
        const counts = await Promise.all(STATES.map((state) => redis.zcard(index(state))));
        return { found: await newest(STATES, most), total: counts.reduce((sum, count) => sum + count, 0) };
      }
      const owned = ownedKey(owner);
      // The oldest have expired first.
      for (;;) {
        const oldest = await redis.zrange(owned, 0, `${PAGE - 1}`);
        if ((await dropGone(owned, oldest)).length < PAGE) break;
      }
      const found = await read(await redis.zrevrange(owned, 0, most - 1));
      return { found, total: await redis.zcard(owned) };
    },

    count: (state) => redis.zcard(index(state)),

    async spend(owner, perMinute) {
      // By the minute of the server's clock, which all gateways share.
      const [seconds] = (await redis.time()) as unknown as [string, string];
      const minute = Math.floor(Number(seconds) / 60);
      return Number(await redis.eval(SPEND, 1, `${prefix}:rate:${keyOf(owner)}:${minute}`)) <= perMinute;
    },

    async beat(beat) {
      await redis.set(`${prefix}:prover:${beat.name}`, JSON.stringify(beat), 'PX', BEAT_KEPT_MS);
      await redis.sadd(`${prefix}:provers`, beat.name);
    },

    async beats() {
      const names = await redis.smembers(`${prefix}:provers`);
      if (names.length === 0) return [];
      const texts = await redis.mget(names.map((name) => `${prefix}:prover:${name}`));
      const gone = names.filter((_, at) => texts[at] === null);
      if (gone.length > 0) await redis.srem(`${prefix}:provers`, ...gone);
      return texts.flatMap((text) => (text == null ? [] : [JSON.parse(text) as Beat]));
    },

    async setAside(name, reason) {
      await redis.hset(`${prefix}:aside`, name, reason);
    },
    aside: async () => new Map(Object.entries(await redis.hgetall(`${prefix}:aside`))),
    async letBack(name) {
      await redis.hdel(`${prefix}:aside`, name);
    },

    async identity(drawn) {
      await redis.setnx(`${prefix}:identity`, drawn);
      return (await redis.get(`${prefix}:identity`)) ?? drawn;
    },

    async isTight() {
      const info = await redis.info('memory');
      const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
      const mostBytes = field('maxmemory');
      return mostBytes > 0 && field('used_memory') > FULL_SHARE * mostBytes;
    },

    async sweep() {
      for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
        for (let at = 0; ; ) {
          const keys = await redis.zrange(index(state), at, `${at + PAGE - 1}`);
          if (keys.length === 0) break;
          at += keys.length - (await dropGone(index(state), keys)).length;
        }
      }
    },

    async close() {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
