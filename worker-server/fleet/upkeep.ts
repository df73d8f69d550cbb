// What a gateway looks after every few seconds, for the whole fleet: order and fair share, jobs that a dead process
// left half done, deadlines, proofs that nobody checked. Every gateway does it; doing it twice changes nothing.
import type { Clock } from '../../src/core/ports.ts';
import { tooLate } from '../jobs/entry.ts';
import { aboutOf, type Dispatch } from './dispatch.ts';
import { isForgotten, isLate } from './endings.ts';
import type { Gateway } from './gateway.ts';
import { longestWaitMs, rankWaiting } from './ranks.ts';
import { keyOf, ownerOf, type Records, type Stored } from './records.ts';
import { neverTaken } from './refusals.ts';
import type { FleetStore } from './store.ts';

export interface UpkeepOptions {
  store: FleetStore;
  records: Records;
  dispatch: Dispatch;
  gateway: Gateway;
  clock: Clock;
  everyMs: number;
  onTrouble: (thrown: unknown) => void;
}

/** The gateway whose client waits gets this long to check a proof itself. */
const CHECK_AFTER_MS = 3_000;
const OFFER_MS = 60_000;
/** Clocks of machines differ by less. A job that the queue still has is given back by the queue itself. */
const LOST_AFTER_MS = 2_000;
/** Written a moment ago and on its way into the queue. */
const FRESH_MS = 2_000;
const MOST_WAITING = 20_000;
const SWEEP_EVERY = 30;

export function startUpkeep(options: UpkeepOptions): () => Promise<void> {
  let ended = false;
  let passes = 0;
  let unset = () => {};
  let running: Promise<void> = Promise.resolve();

  const pass = (): void => {
    running = onePass(options)
      .then(async () => {
        if (++passes % SWEEP_EVERY === 0) await leaveQueue(options, await options.records.sweep());
      })
      .catch((thrown) => {
        options.gateway.update({ ...options.gateway.state(), up: false });
        options.onTrouble(thrown);
      })
      .then(() => {
        if (!ended) unset = options.clock.setTimer(options.everyMs, pass);
      });
  };
  pass();
  return async () => {
    ended = true;
    unset();
    await running;
  };
}

/** Jobs without a record, unless they were submitted anew: the queue has them still if somebody died as they ended. */
async function leaveQueue({ records, dispatch }: UpkeepOptions, keys: readonly string[]): Promise<void> {
  for (const key of keys) if ((await records.get(key)) === undefined) await dispatch.drop(key);
}

async function hasNoRoom(options: UpkeepOptions): Promise<boolean> {
  const { records } = options;
  if (!(await records.isTight())) return false;
  await leaveQueue(options, await records.makeRoom());
  return records.isTight();
}

async function onePass(options: UpkeepOptions): Promise<void> {
  const { store, records, dispatch, gateway, clock } = options;
  const nowMs = clock.nowMs();
  const [queued, running, provers, tight] = await Promise.all([
    records.list(['queued']),
    records.list(['running']),
    records.beats(),
    hasNoRoom(options),
  ]);
  const busy = new Map<string, number>();
  for (const { job } of running) busy.set(ownerOf(job.id), (busy.get(ownerOf(job.id)) ?? 0) + 1);
  const ready = queued.map(({ job }) => job).filter(({ held, paused }) => held === null && !paused);
  const { numbers, positions } = rankWaiting(ready, busy, nowMs);
  gateway.update({
    queued: queued.length,
    running: running.length,
    oldestWaitMs: longestWaitMs(ready, nowMs),
    up: true,
    tight,
    positions,
    provers,
  });

  await gateway.catchUp([...queued, ...running].map(({ job }) => job));
  for (const stored of running) await mend(stored);
  for (const { job } of [...queued, ...running]) {
    if (isLate(job, nowMs)) await store.fail(job.id, tooLate(), (now) => isLate(now, nowMs));
    if (!isForgotten(job, nowMs)) continue;
    const isKnown = provers.some(({ circuits }) => circuits.includes(job.circuit.artifacts.zkey.sha256));
    await store.fail(job.id, neverTaken(job.circuit.id, isKnown), (now) => isForgotten(now, nowMs));
  }
  const inQueue = new Map((await dispatch.waiting(MOST_WAITING)).map(({ key, number }) => [key, number]));
  for (const job of ready) {
    if (isLate(job, nowMs) || isForgotten(job, nowMs)) continue;
    const missing = !inQueue.has(keyOf(job.id)) && nowMs - job.queuedAtMs > FRESH_MS;
    if (missing && !(await dispatch.has(keyOf(job.id)))) await store.follow(job);
  }
  // Last: an owner's thousands take long to number anew.
  for (const [key, number] of inQueue) {
    const wanted = numbers.get(key);
    if (wanted !== undefined && wanted !== number) await dispatch.rank(key, wanted);
  }

  async function mend({ job, offer }: Stored): Promise<void> {
    const expiresAtMs = job.lease?.expiresAtMs ?? 0;
    if (offer !== null) {
      // Not waited for: working out what a proof must show takes its time, and all else goes on meanwhile.
      if (nowMs > expiresAtMs - OFFER_MS + CHECK_AFTER_MS) void gateway.check(job.id);
    } else if (nowMs > expiresAtMs + LOST_AFTER_MS && !(await dispatch.has(keyOf(job.id)))) {
      // Whoever takes it finds that it runs, and closes that attempt as stalled.
      await dispatch.put(keyOf(job.id), aboutOf(job), 1, 0);
    }
  }
}
