// A native prover as a backend: called as `PATH zkey wtns proof.json public.json`, as rapidsnark and its like are.
// The witness is computed here, in a child; it lies in a folder of its own, in memory where the platform has such
// a place, and is gone when the attempt ends.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GnomonError } from '../../src/core/errors.ts';
import { makeHeartbeat } from '../../src/core/heartbeat.ts';
import { type Progress, type ProofResult, RUNGS, type Stage } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { AttemptRequest, Backend } from '../../src/core/ports.ts';
import { proofJson, readProof, readSignals } from '../../src/prover/shape.ts';
import { readZkeyHeader } from '../../src/prover/zkey.ts';
import { askChild } from './ask-child.ts';
import type { Child } from './child.ts';
import { makeFolderArtifacts } from './folder-artifacts.ts';
import type { ProveOrder } from './orders.ts';
import type { ProofFolders } from './proof-folders.ts';
import { aborted, busyError } from './thread-backend.ts';
import { runWatched } from './watched-program.ts';

export interface ExternalBackendOptions {
  path: string;
  folders: ProofFolders;
  circuitsFolder: string;
  slots: number;
  /** What it is taken to use, for the record. */
  threads: number;
  /** Starts prove-child, for the witness. */
  spawn: () => Child;
}

/** Proofs and public signals are a few kilobytes. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

export function makeExternalBackend(options: ExternalBackendOptions): Backend {
  const { path, folders, circuitsFolder, slots, threads } = options;
  /** Keys whose digest has been checked, by path, size and time of change. */
  const checked = new Set<string>();
  let busy = 0;

  async function checkKey(circuit: CircuitEntry, signal: AbortSignal): Promise<string> {
    const { zkey } = circuit.artifacts;
    const file = join(circuitsFolder, zkey.url);
    const facts = await stat(file).catch(() => null);
    const mark = `${file} ${zkey.sha256} ${facts?.size} ${facts?.mtimeMs}`;
    if (facts !== null && checked.has(mark)) return file;
    const bytes = await makeFolderArtifacts(circuitsFolder).get(zkey, signal, () => {});
    const header = readZkeyHeader(bytes);
    if (header.publicSignals !== circuit.publicSignals.length) {
      throw new GnomonError('circuit.mismatch', 'The proving key is not that of the circuit in the list.', {
        where: circuit.id,
        nextStep: 'Ask whoever made the list of circuits to make it again.',
      });
    }
    checked.add(mark);
    return file;
  }

  async function prove(
    { circuit, input, inputJson, witness: given, rung, deadlineMs }: AttemptRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ProofResult> {
    const timingsMs: Partial<Record<Stage, number>> = {};
    // It says nothing while it works; the attempt's deadline is its watchdog.
    const limitMs = Math.max(deadlineMs, 60_000);
    const heartbeat = makeHeartbeat(onProgress, limitMs, () => {});
    const stage = async <T>(name: Stage, work: () => Promise<T>): Promise<T> => {
      const startedMs = performance.now();
      heartbeat.report({ stage: name, fraction: 0, etaMs: null });
      const done = await work();
      if (signal.aborted) throw aborted();
      heartbeat.report({ stage: name, fraction: 1, etaMs: 0 });
      timingsMs[name] = performance.now() - startedMs;
      return done;
    };
    const folder = await folders.make();
    const file = (name: string) => join(folder, name);
    try {
      const zkey = await stage('artifacts', () => checkKey(circuit, signal));
      await stage('witness', async () => {
        const order = { kind: 'witness' as const, circuitsFolder, circuit, input, inputJson, rung, threads };
        const witness = given ?? (await witnessOf(options.spawn(), order, { limitMs, signal }));
        await writeFile(file('witness.wtns'), witness, { mode: 0o600 });
      });
      return await stage('proving', async () => {
        await runWatched(
          path,
          [zkey, file('witness.wtns'), file('proof.json'), file('public.json')],
          folder,
          signal,
        );
        const [proof, signals] = await Promise.all([
          readAnswer(file('proof.json')),
          readAnswer(file('public.json')),
        ]);
        return { ...wellFormed(proof, signals), timingsMs, prover: basename(path), threads };
      });
    } finally {
      heartbeat.end();
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    id: 'external',
    kind: 'thread',
    label: 'this server',
    rungs: RUNGS.slice(0, 1),
    capacity: () => ({ slots, busy }),
    health: () => ({ state: 'ready', reason: null }),
    async prove(attempt, signal, onProgress) {
      if (signal.aborted) throw aborted();
      if (busy >= slots) throw busyError();
      busy++;
      try {
        return await prove(attempt, signal, onProgress);
      } catch (thrown) {
        throw signal.aborted ? aborted() : thrown;
      } finally {
        busy--;
      }
    },
  };
}

/** The external prover on the top rung; whatever failed there goes on below it, with our own. */
export function withExternal<B extends Backend>(external: Backend, own: B): B {
  const [top] = RUNGS;
  return {
    ...own,
    // Also where our own has no threads, and hence no such rung.
    rungs: [top, ...own.rungs.filter((rung) => rung !== top)],
    capacity: () => {
      const { slots, busy } = own.capacity();
      return { slots, busy: busy + external.capacity().busy };
    },
    prove: (attempt, signal, onProgress) =>
      (attempt.rung === top ? external : own).prove(attempt, signal, onProgress),
  };
}

async function witnessOf(
  child: Child,
  order: ProveOrder,
  limits: { limitMs: number; signal: AbortSignal },
): Promise<Uint8Array> {
  try {
    return await askChild(child, order, 'witness', limits);
  } finally {
    await child.end();
  }
}

async function readAnswer(file: string): Promise<unknown> {
  const facts = await stat(file).catch(() => null);
  if (facts === null || facts.size > MAX_ANSWER_BYTES) throw unreadable();
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    throw unreadable();
  }
}

function wellFormed(proof: unknown, signals: unknown): Pick<ProofResult, 'proof' | 'publicSignals'> {
  try {
    return {
      proof: proofJson(readProof(proof)),
      publicSignals: readSignals(signals as unknown[], 'Public signal').map(String),
    };
  } catch {
    throw unreadable();
  }
}

function unreadable(): GnomonError {
  return new GnomonError('backend.prover-failed', 'The external prover wrote no proof that can be read.', {
    nextStep: 'The proof is tried with another prover.',
  });
}
