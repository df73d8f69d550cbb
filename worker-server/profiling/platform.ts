// The profiler's platform on a server and on the command line: the same proving children as for jobs, one for each
// visit, so that memory and processor time are those of that combination alone; every proof is verified strictly.
import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import { GnomonError } from '../../src/core/errors.ts';
import type { Clock, Verifier } from '../../src/core/ports.ts';
import { type PlannedCell, rungOf } from '../../src/core/profiler/plan.ts';
import type { Bench, BenchOptions, ProfilePlatform, Proved } from '../../src/core/profiler/run.ts';
import type { MachineFacts } from '../../src/core/profiler/samples.ts';
import { profileInput } from '../../src/reputation/profile-input.ts';
import type { Child } from '../proving/child.ts';
import { peakResidentBytes, processFactsTold, processorMs } from '../proving/process-facts.ts';
import { makeThreadBackend } from '../proving/thread-backend.ts';

export interface ChildPlatformOptions extends Pick<ProfilePlatform, 'busy' | 'watchBusy'> {
  kind: MachineFacts['kind'];
  /** Chosen by whoever runs it, or null: the machine's own name stays out of a file that goes round. */
  name: string | null;
  circuitsFolder: string;
  /** Starts prove-child. */
  spawn: () => Child;
  verifier: Verifier;
  clock: Clock;
}

/** The run's own watch ends a proof that takes too long. */
const DEADLINE_MS = 2 ** 31 - 1;

export function makeChildPlatform(options: ChildPlatformOptions): ProfilePlatform {
  const { kind, name, clock, busy, watchBusy } = options;
  return {
    clock,
    busy,
    watchBusy,
    machine: async () => ({
      kind,
      runtime: `Node ${process.versions.node}, ${process.platform} ${arch()}, ${cpus()[0]?.model.trim() ?? 'processor not told'}`,
      name,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      sharedMemory: true,
      memoryIs: processFactsTold ? 'process' : null,
      cpuTold: processFactsTold,
    }),
    open: (cell, { includeCPU }) => openBench(cell, includeCPU, options),
  };
}

async function openBench(
  { circuit, size, prover, threads }: PlannedCell,
  includeCPU: BenchOptions['includeCPU'],
  { circuitsFolder, spawn, verifier, clock }: ChildPlatformOptions,
): Promise<Bench> {
  const { input, publicSignals } = await profileInput(circuit, size ?? 0);
  let child: Child | null = null;
  const backend = makeThreadBackend({
    circuitsFolder,
    slots: 1,
    threads: threads ?? 1,
    spawn() {
      child = spawn();
      return child;
    },
  });
  let number = 0;
  return {
    async prove(signal, onProgress): Promise<Proved> {
      const meter = includeCPU ? await startMeter(child) : null;
      number++;
      const startMs = clock.monotonicMs();
      const result = await backend.prove(
        {
          ...{ jobId: 'profile', number, circuit, input, deadlineMs: DEADLINE_MS },
          rung: rungOf(prover ?? 'engine', threads ?? 1),
        },
        signal,
        onProgress,
      );
      const totalMs = clock.monotonicMs() - startMs;
      const cpuMs = (await meter?.(child)) ?? null;
      const verifyingMs = await verified(
        { circuit, result, expectedPublicSignals: publicSignals },
        verifier,
        signal,
        clock,
      );
      return {
        totalMs,
        stagesMs: { ...result.timingsMs, verifying: verifyingMs },
        prover: result.prover,
        threads: result.threads,
        cpuMs,
        roundTripMs: null,
      };
    },
    peakBytes: async () => (child === null ? null : peakResidentBytes(child.pid)),
    close: () => backend.close(),
  };
}

/** Tells what the child that proves has spent since now. One that begins later has spent its start-up as well: that is
 * part of a first proof. What an earlier child spent is not the later one's. */
export async function startMeter(
  before: Pick<Child, 'pid'> | null,
  spentMs: (pid: number) => Promise<number | null> = processorMs,
): Promise<(after: Pick<Child, 'pid'> | null) => Promise<number | null>> {
  const beforeMs = before === null ? 0 : await spentMs(before.pid);
  return async (after) => {
    if (after === null) return null;
    const fromMs = after.pid === before?.pid ? beforeMs : 0;
    const toMs = await spentMs(after.pid);
    return fromMs === null || toMs === null ? null : Math.max(0, toMs - fromMs);
  };
}

async function verified(
  request: Parameters<Verifier['verify']>[0],
  verifier: Verifier,
  signal: AbortSignal,
  clock: Clock,
): Promise<number> {
  const startMs = clock.monotonicMs();
  const verdict = await verifier.verify(request, signal);
  if (verdict.ok) return clock.monotonicMs() - startMs;
  throw new GnomonError('backend.invalid-proof', 'A proof that was made for the profile does not verify.', {
    nextStep: 'Do not use this prover here; report it with the report.',
  });
}
