// One tab of a simulation: a scheduler whose clock and store pass through a gate, so that it can crash,
// freeze, or meet a slow or failing storage.
import type { Clock, JobStore } from '../../src/core/ports.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from '../../src/core/scheduler.ts';
import type { VirtualClock } from '../helpers/clock.ts';
import type { SeededRandom } from '../helpers/random.ts';
import {
  aError,
  makeScriptedBackend,
  type Script,
  type ScriptedBackend,
} from '../helpers/scripted-prover.ts';

export interface Host {
  scheduler: Scheduler;
  backend: ScriptedBackend;
  state: 'alive' | 'frozen' | 'dead' | 'gone';
  /** The tab vanishes: nothing it was doing goes on. */
  crash(): void;
  /** The tab stands still, and goes on where it stopped when thawed. */
  freeze(): void;
  thaw(): void;
  /** Part of this tab's storage calls fails; half of those after having been carried out. */
  failing: number;
}

export interface HostOptions {
  clock: VirtualClock;
  random: SeededRandom;
  store: JobStore;
  script: () => Script;
  slots: number;
  scheduler: Pick<SchedulerOptions, 'verifier' | 'inputs' | 'decide' | 'onFenced'>;
}

export function makeHost(options: HostOptions): Host {
  const { clock, random } = options;
  const waiting: (() => void)[] = [];

  /** Calls now, when thawed, or never. */
  const gate = (call: () => void): void => {
    if (host.state === 'alive' || host.state === 'gone') call();
    else if (host.state === 'frozen') waiting.push(call);
  };
  const passGate = () => new Promise<void>((resolve) => gate(resolve));

  const hostClock: Clock = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs, call) => {
      let set = true;
      const unset = clock.setTimer(delayMs, () => gate(() => set && call()));
      return () => {
        set = false;
        unset();
      };
    },
  };

  async function pass<T>(call: () => Promise<T>): Promise<T> {
    await passGate();
    if (random.chance(0.3)) {
      const delayMs = random.below(random.chance(0.1) ? 5_000 : 200);
      await new Promise<void>((resolve) => clock.setTimer(delayMs, resolve));
      await passGate();
    }
    const fails = random.chance(host.failing);
    if (fails && random.chance(0.5)) throw aError('resource.storage-failed');
    const result = await call();
    await passGate();
    if (fails) throw aError('resource.storage-failed');
    return result;
  }

  const real = options.store;
  const store: JobStore = {
    ...real,
    beginEpoch: (ownerId) => real.beginEpoch(ownerId),
    claim: (holder, claimOptions) => pass(() => real.claim(holder, claimOptions)),
    renew: (holder, lease) => pass(() => real.renew(holder, lease)),
    commit: (holder, lease, outcome) => pass(() => real.commit(holder, lease, outcome)),
    get: (jobId) => pass(() => real.get(jobId)),
    list: (listOptions) => pass(() => real.list(listOptions)),
    watch: (listener) => real.watch((event) => gate(() => listener(event))),
  };
  const backend = makeScriptedBackend({ clock: hostClock, script: options.script, slots: options.slots });
  const host: Host = {
    scheduler: createScheduler({
      ...options.scheduler,
      store,
      backends: [backend],
      clock: hostClock,
      random,
    }),
    backend,
    state: 'alive',
    failing: 0,
    crash() {
      host.state = 'dead';
      waiting.length = 0;
    },
    freeze() {
      host.state = 'frozen';
    },
    thaw() {
      host.state = 'alive';
      for (const call of waiting.splice(0)) call();
    },
  };
  return host;
}
