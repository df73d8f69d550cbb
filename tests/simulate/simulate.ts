// A seeded schedule of everything that happens to a queue: submits, cancels, retries, crashes, frozen tabs,
// slow and failing storage, clock jumps, sleep, bad proofs, dead provers. Same seed, same schedule.
import type { JobRequest, Priority } from '../../src/core/job.ts';
import { STAGES } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { JobStore } from '../../src/core/ports.ts';
import { IDENTITY_LOCKED } from '../../src/core/retry.ts';
import type { SchedulerOptions } from '../../src/core/scheduler.ts';
import { type JobRules, jobRules } from '../../src/core/transitions.ts';
import { releaseHeld } from '../../src/core/upkeep.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { aError, makeIdentity, type Script, scriptedVerifier } from '../helpers/scripted-prover.ts';
import { type Auditor, makeAuditor } from './auditor.ts';
import { type Host, makeHost } from './host.ts';

/** A bug that a simulation must notice. */
export interface PlantedBug {
  name: string;
  rules?: (right: JobRules) => JobRules;
  store?: (right: JobStore) => JobStore;
  scheduler?: (
    right: Pick<SchedulerOptions, 'verifier' | 'decide'>,
  ) => Partial<Pick<SchedulerOptions, 'verifier' | 'decide'>>;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** Long enough for every job of a schedule to use up its attempts with every one meeting its deadline. */
const DRAIN_MS = 6 * HOUR;
const DRAIN_STEP_MS = 60 * SECOND;

/** Runs one schedule and returns what the auditor found. */
export async function simulate(seed: number, steps: number, bug?: PlantedBug): Promise<Auditor> {
  const world = makeWorld(seed, bug);
  await world.lead();
  for (let step = 0; step < steps && world.auditor.violations.length === 0; step++) await world.step();
  if (world.auditor.violations.length === 0) await world.drain();
  return world.auditor;
}

function makeWorld(seed: number, bug: PlantedBug | undefined) {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const auditor = makeAuditor(clock);
  const rules = bug?.rules?.(jobRules) ?? jobRules;
  const right = createMemoryStore(clock, random, rules);
  right.watch((event) => {
    auditor.event(event);
    // As the page does (src/browser/held-jobs.ts): it may have been unlocked since the attempt asked.
    if (event.type !== 'changed' || event.job.held?.code !== IDENTITY_LOCKED || identity.locked) return;
    void store.retry(event.job.id).catch(() => {});
  });
  const store = audited(bug?.store?.(right) ?? right, auditor);
  const identity = makeIdentity();
  const hosts: Host[] = [];
  const slots = 1 + random.below(3);
  let submitted = 0;
  let healthy = false;

  const script = (): Script => {
    const ms = random.below(20 * SECOND);
    if (healthy || random.chance(0.5)) return { kind: 'prove', ms };
    const codes = [
      'network.offline',
      'resource.memory',
      'artifact.digest-mismatch',
      'witness.failed',
    ] as const;
    return random.pick<Script>([
      { kind: 'fail', ms, error: aError(random.pick(codes)) },
      { kind: 'prove', ms, valid: false },
      { kind: 'prove', ms, signals: ['2'] },
      { kind: 'silent', ms },
      { kind: 'dead', ms },
    ]);
  };

  async function lead(): Promise<void> {
    const ports = { verifier: scriptedVerifier, inputs: identity };
    const host = makeHost({
      clock,
      random,
      store,
      script,
      slots,
      scheduler: { ...ports, ...bug?.scheduler?.(ports) },
    });
    hosts.push(host);
    const nth = hosts.length;
    host.scheduler.watchProgress(({ jobId, progress }) => {
      if (!(progress.etaMs !== null && progress.etaMs >= 0)) auditor.blame(`time left: ${progress.etaMs}`);
      const attempt = host.backend.seen.filter((seen) => seen.jobId === jobId).length;
      auditor.progress(
        `host ${nth}, job ${jobId}, run ${attempt}`,
        STAGES.indexOf(progress.stage) + progress.fraction / 2,
      );
    });
    await host.scheduler.start();
  }

  const leader = (): Host | undefined => hosts.at(-1);
  /** As often a recent one, which may be running, as any. */
  const someId = (): string => {
    const last = Math.max(1, submitted);
    return `${random.chance(0.5) ? random.below(last) : Math.max(0, last - 1 - random.below(6))}`;
  };

  async function submit(): Promise<void> {
    // Now and then an id that is known already.
    const id = random.chance(0.1) ? someId() : `${submitted++}`;
    const request: Partial<JobRequest> = {
      priority: random.below(4) as Priority,
      maxAttempts: 1 + random.below(4),
      keepInput: random.pick(['never', 'if-mendable', 'always'] as const),
      expectedPublicSignals: ['1'],
    };
    await store.add(requestFor(id, request));
    auditor.accepted(id);
  }

  const actions: [weight: number, name: string, act: () => Promise<unknown> | unknown][] = [
    [30, 'submit', submit],
    [5, 'cancel', cancel],
    [5, 'retry', () => retry(someId())],
    [2, 'remove', () => store.remove(someId())],
    [2, 'priority', () => store.setPriority(someId(), random.below(4) as Priority)],
    [4, 'pause', () => setPaused(true)],
    [3, 'go on', () => setPaused(false)],
    [2, 'pause all', () => store.setQueuePaused(true)],
    [4, 'all go on', () => store.setQueuePaused(false)],
    [3, 'jump', () => clock.jump((random.fraction() - 0.5) * 2 * HOUR)],
    [2, 'sleep', () => clock.sleep(random.below(HOUR))],
    [4, 'lock', () => setLocked(random.chance(0.3))],
    [3, 'storage', () => setFailing(random.chance(0.5) ? 0.3 : 0)],
    [3, 'crash', () => replace((host) => host.crash())],
    [3, 'leave', leave],
    [3, 'steal', () => replace((host) => random.chance(0.5) && host.freeze())],
    [3, 'freeze', () => leader()?.freeze()],
    [5, 'thaw', () => thawAll()],
  ];
  const totalWeight = actions.reduce((sum, [weight]) => sum + weight, 0);

  async function cancel(): Promise<void> {
    const running = await store.list({ states: ['running'] });
    const id = running.length > 0 && random.chance(0.7) ? random.pick(running).id : someId();
    await store.cancel(id);
  }

  async function retry(id: string): Promise<void> {
    auditor.retryAsked(id);
    await store.retry(id).catch(() => {});
  }

  /** Mostly of one that runs or is paused, so that it means something. */
  async function setPaused(paused: boolean): Promise<void> {
    const live = await store.list({ states: ['running', 'queued'] });
    const worth = live.filter((job) => (paused ? job.state === 'running' : job.paused));
    const id = worth.length > 0 && random.chance(0.7) ? random.pick(worth).id : someId();
    await store.setPaused(id, paused);
  }

  async function setLocked(locked: boolean): Promise<void> {
    identity.locked = locked;
    if (!locked) await releaseHeld(store);
  }

  function setFailing(part: number): void {
    for (const host of hosts) host.failing = part;
  }

  /** A new tab leads; what happens to the old one is up to `part`. */
  async function replace(part: (old: Host) => unknown): Promise<void> {
    const old = leader();
    if (old !== undefined) part(old);
    await lead();
  }

  /** In good order: the next one leads after the last has wound up, if it can. */
  async function leave(): Promise<void> {
    void leader()?.scheduler.stop();
    await clock.advance(10 * SECOND);
    await lead();
  }

  function thawAll(): void {
    for (const host of hosts) if (host.state === 'frozen') host.thaw();
  }

  return {
    auditor,
    lead,
    async step(): Promise<void> {
      let at = random.fraction() * totalWeight;
      const [, name, act] = actions.find(([weight]) => {
        at -= weight;
        return at < 0;
      }) as (typeof actions)[number];
      auditor.note(name);
      if (random.chance(0.3)) void act();
      else await act();
      await clock.advance(random.chance(0.2) ? random.below(120 * SECOND) : random.below(5 * SECOND));
    },
    async drain(): Promise<void> {
      healthy = true;
      setFailing(0);
      thawAll();
      await setLocked(false);
      await store.setQueuePaused(false);
      for (const { id } of await store.list({ states: ['queued'] })) await store.setPaused(id, false);
      await replace(() => {});
      const live = { states: ['queued', 'running'] } as const;
      for (let atMs = 0; atMs < DRAIN_MS && (await store.list(live)).length > 0; atMs += DRAIN_STEP_MS) {
        await clock.advance(DRAIN_STEP_MS);
      }
      // Replaced leaders find out when they renew next.
      await clock.advance(DRAIN_STEP_MS);
      auditor.finish(await store.list());
      for (const host of hosts) {
        if (host.state === 'alive' && host.backend.working.size > 0)
          auditor.blame('a prover runs for nobody');
      }
      const stopped = leader()?.scheduler.stop();
      await clock.advance(DRAIN_STEP_MS);
      await stopped;
    },
  };
}

/** Tells the auditor who asked for what. */
function audited(store: JobStore, auditor: Auditor): JobStore {
  return {
    ...store,
    async beginEpoch(ownerId) {
      const epoch = await store.beginEpoch(ownerId);
      auditor.epoch(epoch);
      return epoch;
    },
    async setPaused(jobId, paused) {
      auditor.pauseAsked(jobId, paused);
      return store.setPaused(jobId, paused);
    },
    async remove(jobId) {
      auditor.removalAsked(jobId);
      await store.remove(jobId);
    },
    async renew(holder, lease) {
      const written = await store.renew(holder, lease);
      if (written.ok) auditor.renewed(written.job);
      return written;
    },
    async commit(holder, lease, outcome) {
      const written = await store.commit(holder, lease, outcome);
      auditor.committed(holder, lease, outcome, written);
      return written;
    },
  };
}
