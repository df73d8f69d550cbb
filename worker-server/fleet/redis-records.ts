// Records in Redis or Valkey: a hash for each job, an index for each state, inputs apart with an expiry. Every write
// is one script, so that it happens whole or not at all.
import type { Redis } from 'ioredis';
import type { JobState } from '../../src/core/job.ts';
import {
  BEAT_KEPT_MS,
  type Beat,
  type Caps,
  ENDED_KEPT_MS,
  INPUT_KEPT_MS,
  isOver,
  keyOf,
  ownerOf,
  type Records,
  type Stored,
} from './records.ts';

/** At its limit Redis refuses every write, those included that end jobs and make room again: a tenth is theirs. */
const FULL_SHARE = 0.9;
const STATES: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

/** KEYS job, input, queued, the owner's; ARGV key, revision, sequence, text, sealed, input's life, caps. */
const INSERT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 'known' end
if redis.call('ZCARD', KEYS[4]) >= tonumber(ARGV[8]) then return 'full-owner' end
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then return 'full' end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'state', 'queued', 'text', ARGV[4])
redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[6])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
return 'added'`;

/** KEYS job, input, the owner's, index before, index after; ARGV key, old revision, revision, state, sequence, text,
 * whether the input stays, how long the job is kept (0: for good). */
const REPLACE = `
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[1], 'revision', ARGV[3], 'state', ARGV[4], 'text', ARGV[6])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[1])
if ARGV[4] == 'queued' then redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1]) else redis.call('ZREM', KEYS[3], ARGV[1]) end
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
  const parse = (text: string): Stored => JSON.parse(text) as Stored;

  return {
    async get(key) {
      const text = await redis.hget(jobKey(key), 'text');
      return text === null ? undefined : parse(text);
    },

    async insert(job, sealed, { maxQueued, maxQueuedPerOwner }: Caps) {
      const key = keyOf(job.id);
      const keys = [jobKey(key), inputKey(key), index('queued'), ownersKey(job.id)];
      const text = JSON.stringify({ job, offer: null } satisfies Stored);
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
      )) as 'added' | 'known' | 'full' | 'full-owner';
    },

    async replace(before, after) {
      const { job } = after;
      const key = keyOf(job.id);
      const keys = [
        ...[jobKey(key), inputKey(key), ownersKey(job.id)],
        ...[index(before.job.state), index(job.state)],
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
        JSON.stringify(after),
        job.inputKept ? 1 : 0,
        isOver(job) ? ENDED_KEPT_MS : 0,
      );
      return taken === 1;
    },

    async remove(key) {
      const text = await redis.hget(jobKey(key), 'text');
      const all = redis.multi().del(jobKey(key), inputKey(key));
      for (const state of STATES) all.zrem(index(state), key);
      if (text !== null) all.zrem(ownersKey(parse(text).job.id), key);
      await all.exec();
    },

    input: (key) => redis.getBuffer(inputKey(key)),
    nextSequence: () => redis.incr(`${prefix}:sequence`),

    async list(states, limit = Number.MAX_SAFE_INTEGER) {
      const last = Number.isFinite(limit) && limit < 1e9 ? limit - 1 : -1;
      const found: { key: string; sequence: number }[] = [];
      for (const state of states) {
        const flat = await redis.zrevrange(index(state), 0, last, 'WITHSCORES');
        for (let at = 0; at < flat.length; at += 2) {
          found.push({ key: flat[at]!, sequence: Number(flat[at + 1]) });
        }
      }
      found.sort((a, b) => b.sequence - a.sequence);
      const wanted = found.slice(0, limit);
      if (wanted.length === 0) return [];
      const reads = redis.pipeline();
      for (const { key } of wanted) reads.hget(jobKey(key), 'text');
      const texts = (await reads.exec()) ?? [];
      return texts.flatMap(([, text]) => (typeof text === 'string' ? [parse(text)] : []));
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
      // Jobs expire by themselves; their entries in the indexes do not.
      for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
        const keys = await redis.zrange(index(state), '0', '999');
        if (keys.length === 0) continue;
        const reads = redis.pipeline();
        for (const key of keys) reads.exists(jobKey(key));
        const there = (await reads.exec()) ?? [];
        const gone = keys.filter((_, at) => there[at]?.[1] === 0);
        if (gone.length > 0) await redis.zrem(index(state), ...gone);
      }
    },

    async close() {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
