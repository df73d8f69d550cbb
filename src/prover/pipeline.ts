// One attempt from circuit and input to an unverified proof: artifacts, witness, proving. Verification is
// someone else's, in another place (scheduler.md).
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import type { Progress, ProofResult, Stage } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { ArtifactStore } from '../core/ports.ts';
import { proveWithSnarkjs } from './prove.ts';
import { calculateWitness } from './witness.ts';
import { readZkeyHeader } from './zkey.ts';

export interface PipelineRequest {
  circuit: CircuitEntry;
  input: CircuitInput;
  /** 1 stays in the calling thread. */
  threads: number;
}

/** Below this share of the work an estimate from it says little. */
const ETA_FROM_FRACTION = 0.05;

/** `free` is the part of `fraction` that cost no time, so that nothing follows from it for the rest. */
type Report = (fraction: number, free?: number) => void;

/** Rejects with a GnomonError of the stage that failed. Each report tells of work really done. */
export async function runPipeline(
  { circuit, input, threads }: PipelineRequest,
  artifacts: ArtifactStore,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ProofResult> {
  const timingsMs: Partial<Record<Stage, number>> = {};
  const stage = async <T>(name: Stage, work: (report: Report) => Promise<T>): Promise<T> => {
    const startMs = performance.now();
    const report: Report = (fraction, free = 0) => {
      const elapsedMs = performance.now() - startMs;
      const worked = fraction - free;
      const etaMs =
        worked < ETA_FROM_FRACTION ? null : Math.round((elapsedMs * Math.max(0, 1 - fraction)) / worked);
      onProgress({ stage: name, fraction, etaMs });
    };
    report(0);
    const result = await work(report);
    timingsMs[name] = performance.now() - startMs;
    return result;
  };

  const { wasm, zkey } = await stage('artifacts', (report) =>
    loadArtifacts(circuit, artifacts, report, signal),
  );
  const wtns = await stage('witness', async (report) => {
    checkFits(circuit, zkey);
    const witness = await calculateWitness(wasm, input);
    report(1);
    return witness;
  });
  const made = await stage('proving', (report) =>
    proveWithSnarkjs(zkey, wtns, { threads, onProgress: report, signal }),
  );
  return {
    proof: made.proof,
    publicSignals: made.publicSignals,
    timingsMs,
    prover: 'snarkjs',
    threads: made.threads,
  };
}

async function loadArtifacts(
  { artifacts: { wasm, zkey } }: CircuitEntry,
  store: ArtifactStore,
  report: Report,
  signal: AbortSignal,
) {
  const total = wasm.bytes + zkey.bytes;
  let kept = 0;
  /** The first count of a file is what was on the device already. */
  const counting = (before: number) => {
    let first = true;
    return (bytes: number) => {
      if (first) kept += bytes;
      first = false;
      report((before + bytes) / total, kept / total);
    };
  };
  // The calculator first: it is small, and without it the key is of no use.
  const wasmFile = await store.get(wasm, signal, counting(0));
  const zkeyFile = await store.get(zkey, signal, counting(wasm.bytes));
  report(1);
  return { wasm: Uint8Array.from(wasmFile), zkey: zkeyFile };
}

/** The key belongs to the circuit that the list describes. */
function checkFits(circuit: CircuitEntry, zkey: Uint8Array): void {
  const header = readZkeyHeader(zkey);
  if (header.publicSignals === circuit.publicSignals.length && header.domain === circuit.domain) return;
  throw new GnomonError('circuit.mismatch', 'The proving key is not that of the circuit in the list.', {
    where: circuit.id,
    nextStep: 'Ask whoever made the list of circuits to make it again.',
  });
}
