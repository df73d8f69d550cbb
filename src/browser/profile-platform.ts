// The profiler's platform in a page: a proving worker of its own for each visit, or a server that the person has
// allowed, which gets a made-up person's input only. Every proof is verified here.
import { GnomonError } from '../core/errors.ts';
import type { Backend, BackendList, Clock, Verifier } from '../core/ports.ts';
import { type PlannedCell, rungOf } from '../core/profiler/plan.ts';
import type { Bench, ProfilePlatform, Proved } from '../core/profiler/run.ts';
import { profileInput } from '../reputation/profile-input.ts';
import { makeLocalBackend } from './local-backend.ts';
import { makeWorkerPool } from './worker-pool.ts';
import type { WorkerLike } from './worker-task.ts';

export interface ProfilePlatformOptions {
  /** Relative artifact URLs are resolved against this. */
  baseUrl: string;
  /** Starts src/workers/prove.ts. */
  spawn: () => WorkerLike;
  verifier: Verifier;
  /** With ids `server:…`. */
  backends: BackendList;
  /** The last measured message there and back. */
  roundTripMs: (serverId: string) => number | null;
  clock: Clock;
  device: { crossOriginIsolated: boolean; threads: number; memoryBytes: number | null };
  /** What the browser calls itself. */
  runtime: string;
  /** Bytes that this page and its workers hold; null where the browser does not tell. */
  measureMemory: (() => Promise<number>) | null;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
/** A browser may wait for its next collection of garbage before it tells. */
const MEMORY_WITHIN_MS = 25_000;
const CONNECTED_WITHIN_MS = 15_000;

export function makeProfilePlatform(
  options: ProfilePlatformOptions,
): Pick<ProfilePlatform, 'clock' | 'machine' | 'open'> {
  const { clock, device, runtime, measureMemory } = options;
  return {
    clock,
    machine: async () => ({
      ...{ kind: 'browser', runtime: runtime.slice(0, 300), name: null, cores: device.threads },
      ...{ memoryBytes: device.memoryBytes, sharedMemory: device.crossOriginIsolated },
      ...{ memoryIs: measureMemory === null ? null : 'page', cpuTold: false },
    }),
    open: (cell, _, signal) =>
      cell.place.kind === 'here' ? openHere(cell, options) : openThere(cell, cell.place.id, options, signal),
  };
}

async function openHere(cell: PlannedCell, options: ProfilePlatformOptions): Promise<Bench> {
  const { baseUrl, spawn, device, clock, measureMemory } = options;
  const threads = cell.threads ?? 1;
  const pool = makeWorkerPool({ spawn, threads, idleMs: MAX_TIMER_MS });
  const backend = makeLocalBackend({
    ...{ baseUrl, spawn, threads, pool },
    // Not what Settings allow: that is what a profile helps to choose.
    memoryBytes: () => device.memoryBytes,
  });
  const prove = await proverOn(backend, cell, options);
  return {
    prove,
    peakBytes: (signal) =>
      measureMemory === null
        ? Promise.resolve(null)
        : within(measureMemory(), MEMORY_WITHIN_MS, signal, clock),
    close: async () => pool.end(),
  };
}

async function openThere(
  cell: PlannedCell,
  serverId: string,
  options: ProfilePlatformOptions,
  signal: AbortSignal,
): Promise<Bench> {
  const { backends, roundTripMs, clock } = options;
  const backend = await connected(`server:${serverId}`, backends, signal, clock);
  const prove = await proverOn(backend, cell, options);
  return {
    prove: async (ending, onProgress) => ({
      ...(await prove(ending, onProgress)),
      roundTripMs: roundTripMs(serverId),
    }),
    peakBytes: async () => null,
    close: async () => {},
  };
}

/** Proves this cell on the backend, and verifies. */
async function proverOn(
  backend: Backend,
  { circuit, size, prover, threads }: PlannedCell,
  { verifier, clock }: ProfilePlatformOptions,
): Promise<Bench['prove']> {
  const { input, publicSignals } = await profileInput(circuit, size ?? 0);
  let number = 0;
  return async (signal, onProgress): Promise<Proved> => {
    number++;
    const startMs = clock.monotonicMs();
    const result = await backend.prove(
      {
        ...{ jobId: 'profile', number, circuit, input, deadlineMs: MAX_TIMER_MS },
        rung: rungOf(prover ?? 'engine', threads ?? 2),
        // The demo identity's secret is published, so that there is none in it.
        ...(backend.kind === 'remote' ? { leaves: { secrets: false } } : {}),
        expectedPublicSignals: publicSignals,
      },
      signal,
      onProgress,
    );
    const provedMs = clock.monotonicMs();
    const verdict = await verifier.verify({ circuit, result, expectedPublicSignals: publicSignals }, signal);
    if (!verdict.ok) throw wrongProof(backend.label);
    return {
      totalMs: provedMs - startMs,
      stagesMs: { ...result.timingsMs, verifying: clock.monotonicMs() - provedMs },
      prover: result.prover,
      threads: result.threads,
      cpuMs: null,
      roundTripMs: null,
    };
  };
}

function connected(id: string, backends: BackendList, signal: AbortSignal, clock: Clock): Promise<Backend> {
  const find = () => backends.list().find((backend) => backend.id === id);
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => {
      unset();
      unwatch();
      signal.removeEventListener('abort', look);
      action();
    };
    const look = () => {
      const backend = find();
      if (signal.aborted) settle(() => reject(notReached(backend?.label ?? 'The server')));
      else if (backend?.health().state === 'ready') settle(() => resolve(backend));
    };
    const unset = clock.setTimer(CONNECTED_WITHIN_MS, () =>
      settle(() => reject(notReached(find()?.label ?? 'The server'))),
    );
    const unwatch = backends.watch(look);
    signal.addEventListener('abort', look);
    look();
  });
}

function within<T>(work: Promise<T>, limitMs: number, signal: AbortSignal, clock: Clock): Promise<T | null> {
  return new Promise((resolve) => {
    const settle = (value: T | null) => {
      unset();
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onAbort = () => settle(null);
    const unset = clock.setTimer(limitMs, () => settle(null));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    work.then(settle, () => settle(null));
  });
}

function notReached(name: string): GnomonError {
  return new GnomonError('network.server-unreached', `${name} was not reached.`, {
    nextStep: 'See on the Servers page how it is, then measure again.',
  });
}

function wrongProof(name: string): GnomonError {
  return new GnomonError(
    'backend.invalid-proof',
    `A proof made by ${name} for the profile does not verify.`,
    {
      nextStep: 'Do not use it for proofs until this is found out.',
    },
  );
}
