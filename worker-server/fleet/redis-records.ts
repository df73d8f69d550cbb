// Records in Redis or Valkey: a hash for each job, an index for each state and each owner, inputs apart with an expiry.
import type { Redis } from 'ioredis';
import type { JobState } from '../../src/core/job.ts';
import {
  BEAT_KEPT_MS,
  type Beat,
  type Caps,
  ENDED_KEPT_MS,
  endedBytes,
  fromText,
  INPUT_KEPT_MS,
  type Inserted,
  KEPT,
  type Kept,
  keptMs,
  keyOf,
  ownerOf,
  type Records,
  type Stored,
  toText,
} from './records.ts';
import { DROP, INSERT, REPLACE, SPEND } from './redis-scripts.ts';

/** At its limit Redis refuses every write, those included that end jobs and make room again: a tenth is theirs. */
const FULL_SHARE = 0.9;
/** Ended records go until it is this. */
const ROOMY_SHARE = 0.85;
const STATES: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

/** An owner's index goes when the last of them is long past. */
const OWNED_KEPT_MS = 3 * ENDED_KEPT_MS;
const PAGE = 1000;
/** Ended records that are deleted before memory is looked at again, and how often that is in one pass. */
const BATCH = 200;
const MOST_BATCHES = 100;

export function redisRecords(redis: Redis, prefix: string, kept: Kept = KEPT): Records {
  const jobKey = (key: string) => `${prefix}:job:${key}`;
  const inputKey = (key: string) => `${prefix}:input:${key}`;
  const index = (state: JobState) => `${prefix}:state:${state}`;
  const ownedKey = (owner: string) => `${prefix}:owner:${owner}`;
  const endedKey = (owner: string) => `${prefix}:ended:${owner}`;
  /** How many bytes each owner's ended records are. */
  const endedOfAll = `${prefix}:ended`;
  /** What every script has first; `owner` as it stands in keys. */
  const keysOf = (key: string, owner: string): string[] => [
    ...[jobKey(key), inputKey(key), `${prefix}:waiting:${owner}`, ownedKey(owner)],
    ...[endedKey(owner), endedOfAll, `${prefix}:held`],
  ];
  const ownerKeyOf = (jobId: string) => keyOf(ownerOf(jobId));

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

  async function memoryShare(): Promise<number> {
    const info = await redis.info('memory');
    const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const mostBytes = field('maxmemory');
    return mostBytes > 0 ? field('used_memory') / mostBytes : 0;
  }

  const nowMs = async (): Promise<number> => {
    const [seconds, micros] = (await redis.time()) as unknown as [string, string];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };

  /** Deletes those of an owner's ended ones, unless they were submitted anew since. */
  async function dropEnded(owner: string, members: readonly string[]): Promise<string[]> {
    const drops = redis.pipeline();
    const keyIn = (member: string): string => member.slice(0, member.indexOf(':'));
    for (const member of members) {
      const keys = [...keysOf(keyIn(member), owner), ...STATES.map(index)];
      drops.eval(DROP, keys.length, ...keys, keyIn(member), owner, member);
    }
    const done = (await drops.exec()) ?? [];
    return members.filter((_, at) => done[at]?.[1] === 1).map(keyIn);
  }

  /** Of an owner's ended ones, oldest first, some that are past their time or more than are kept. */
  async function surplusOf(owner: string): Promise<string[]> {
    const ended = endedKey(owner);
    const past = await redis.zrangebyscore(ended, '-inf', (await nowMs()) - ENDED_KEPT_MS, 'LIMIT', 0, PAGE);
    if (past.length > 0) return past;
    let jobs = await redis.zcard(ended);
    let bytes = Number((await redis.zscore(endedOfAll, owner)) ?? 0);
    const surplus: string[] = [];
    for (const member of await redis.zrange(ended, 0, `${PAGE - 1}`)) {
      if (jobs <= kept.jobs && bytes <= kept.bytes) break;
      surplus.push(member);
      jobs -= 1;
      bytes -= Number(member.slice(member.indexOf(':') + 1));
    }
    return surplus;
  }

  /** The oldest of whoever has most, which nobody should be waiting for any more; null: there is none. */
  async function dropOfLargest(): Promise<string[] | null> {
    const before = (await nowMs()) - kept.atLeastMs;
    for (const owner of await redis.zrevrange(endedOfAll, 0, '-1')) {
      const oldest = await redis.zrangebyscore(endedKey(owner), '-inf', before, 'LIMIT', 0, BATCH);
      if (oldest.length > 0) return dropEnded(owner, oldest);
    }
    return null;
  }

  return {
    async get(key) {
      const text = await redis.hget(jobKey(key), 'text');
      return text === null ? undefined : fromText(text);
    },

    async insert(job, sealed, caps: Caps, over) {
      const [key, owner] = [keyOf(job.id), ownerKeyOf(job.id)];
      const keys = [...keysOf(key, owner), index('queued'), index(over?.state ?? 'failed')];
      return (await redis.eval(
        INSERT,
        keys.length,
        ...keys,
        key,
        owner,
        job.revision,
        job.sequence,
        toText({ job, offer: null }),
        Buffer.from(sealed),
        INPUT_KEPT_MS,
        caps.maxQueued,
        caps.maxQueuedPerOwner,
        caps.maxQueuedBytes,
        over?.revision ?? '',
        over?.sequence ?? '',
        OWNED_KEPT_MS,
      )) as Inserted;
    },

    async replace(before, after) {
      const { job } = after;
      const [key, owner] = [keyOf(job.id), ownerKeyOf(job.id)];
      const keys = [...keysOf(key, owner), index(before.job.state), index(job.state)];
      const text = toText(after);
      const taken = await redis.eval(
        REPLACE,
        keys.length,
        ...keys,
        key,
        owner,
        before.job.revision,
        job.revision,
        job.state,
        job.sequence,
        text,
        job.inputKept ? 1 : 0,
        keptMs(job),
        OWNED_KEPT_MS,
        job.endedAtMs ?? 0,
        endedBytes(text),
        before.job.sequence,
      );
      return taken === 1;
    },

    async remove(key) {
      const text = await redis.hget(jobKey(key), 'text');
      const owner = text === null ? '' : ownerKeyOf(fromText(text).job.id);
      const keys = [...keysOf(key, owner), ...STATES.map(index)];
      await redis.eval(DROP, keys.length, ...keys, key, owner, '');
    },

    async input(key, mostBytes) {
      if (mostBytes === undefined) return redis.getBuffer(inputKey(key));
      const head = await redis.getrangeBuffer(inputKey(key), 0, mostBytes - 1);
      return head.length === 0 ? null : head;
    },
    nextSequence: () => redis.incr(`${prefix}:sequence`),

    list: (states, limit = Number.MAX_SAFE_INTEGER) => newest(states, limit),

    async recent(owner, most) {
      if (owner === null) {
        const counts = await Promise.all(STATES.map((state) => redis.zcard(index(state))));
        return { found: await newest(STATES, most), total: counts.reduce((sum, count) => sum + count, 0) };
      }
      const owned = ownedKey(keyOf(owner));
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

    isTight: async () => (await memoryShare()) > FULL_SHARE,

    async makeRoom() {
      const dropped: string[] = [];
      for (let left = MOST_BATCHES; left > 0 && (await memoryShare()) > ROOMY_SHARE; left--) {
        const batch = await dropOfLargest();
        if (batch === null) break;
        dropped.push(...batch);
      }
      return dropped;
    },

    async sweep() {
      for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
        for (let at = 0; ; ) {
          const keys = await redis.zrange(index(state), at, `${at + PAGE - 1}`);
          if (keys.length === 0) break;
          at += keys.length - (await dropGone(index(state), keys)).length;
        }
      }
      const dropped: string[] = [];
      for (const owner of await redis.zrange(endedOfAll, 0, '-1')) {
        for (;;) {
          const many = await surplusOf(owner);
          if (many.length === 0) break;
          dropped.push(...(await dropEnded(owner, many)));
        }
      }
      return dropped;
    },

    async close() {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
