// A prover of a fleet: core's scheduler over the fleet's store, this machine's children as its one backend. Leases are
// renewed here, in the process that hosts the children, never by one that is busy proving.
import type { PlacementPolicy } from '../../src/core/backend-view.ts';
import type { ErrorData } from '../../src/core/errors.ts';
import type { Backend, Clock, JobStore, Random, Verifier } from '../../src/core/ports.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import type { ServerHistory } from '../jobs/server-history.ts';
import type { Records } from './records.ts';
import type { FleetStore } from './store.ts';

export interface ProverOptions {
  /** This process. */
  name: string;
  /** What it is set aside as: a process that starts again is the same machine. */
  machine: string;
  store: FleetStore;
  records: Records;
  backend: Backend;
  verifier: Verifier;
  circuits: () => Promise<string[]>;
  clock: Clock;
  random: Random;
  history: ServerHistory;
  leaseMs: number;
  beatMs: number;
  onTrouble: (error: ErrorData) => void;
  /** A gateway found this machine to be wrong. */
  onSetAside: (reason: string) => void;
}

export interface Prover {
  start(): Promise<void>;
  /** Takes no more jobs, gives what runs this long, and hands back the rest. */
  stop(graceMs: number): Promise<void>;
}

/** Whoever submitted to the fleet has allowed it. */
const POLICY: PlacementPolicy = {
  mode: 'automatic',
  permission: () => 'secrets',
  setAside: () => null,
  withoutExpectation: 'stay',
};

export function createProver(options: ProverOptions): Prover {
  const { name, store, records, backend, clock } = options;
  let draining = false;
  let aside = false;
  let circuits = new Set<string>();
  let unsetBeat = () => {};
  let busyMs = 0;
  options.history.watch(({ stagesMs }) => {
    for (const ms of Object.values(stagesMs)) busyMs += ms;
  });

  const mine: JobStore = {
    ...store,
    async claim(holder, claimOptions) {
      // Asked each time: a wrong proof is found out before its job waits again.
      if (draining || (await isAside())) {
        return { claim: null, nextDueAtMs: clock.nowMs() + options.beatMs };
      }
      return store.claim(holder, { ...claimOptions, circuits });
    },
  };
  const scheduler = createScheduler({
    store: mine,
    backends: [backend],
    verifier: options.verifier,
    inputs: { resolve: async () => ({}) },
    clock,
    random: options.random,
    ownerId: name,
    leaseMs: options.leaseMs,
    policy: () => POLICY,
    estimates: options.history.estimates,
    metrics: options.history,
    onTrouble: options.onTrouble,
  });

  async function isAside(): Promise<boolean> {
    const reason = (await records.aside()).get(options.machine);
    if (reason !== undefined && !aside) options.onSetAside(reason);
    aside = reason !== undefined;
    return aside;
  }

  async function beat(): Promise<void> {
    circuits = new Set(await options.circuits());
    await isAside();
    const { slots, busy } = backend.capacity();
    const state = { slots, busy, busyMs: Math.round(busyMs), draining: draining || aside };
    await records.beat({
      name,
      machine: options.machine,
      ...state,
      circuits: [...circuits],
      atMs: clock.nowMs(),
    });
  }

  const keepBeating = (): void => {
    void beat()
      .catch(() => {})
      .then(() => {
        unsetBeat = clock.setTimer(options.beatMs, keepBeating);
      });
  };

  return {
    async start() {
      await beat();
      scheduler.watchProgress(({ jobId, progress }) => store.report(jobId, progress));
      await scheduler.start();
      keepBeating();
    },

    async stop(graceMs) {
      draining = true;
      await beat().catch(() => {});
      // Until each is handed in, not only proved: what is given back now would be proved again.
      for (const endMs = clock.monotonicMs() + graceMs; scheduler.running() > 0; ) {
        if (clock.monotonicMs() > endMs) break;
        await new Promise<void>((resolve) => clock.setTimer(100, resolve));
      }
      await scheduler.stop();
      unsetBeat();
    },
  };
}
