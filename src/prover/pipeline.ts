// One attempt from circuit and input to a proof: artifacts, witness, proving. The session's own check of the proof
// is to find broken kernels; verification is someone else's, in another place (scheduler.md).
import { type ErrorData, GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import type { Progress, ProofResult, Rung, Stage } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { ArtifactStore } from '../core/ports.ts';
import { holdsCalculator, type NamedCalculator } from './calculator.ts';
import type { ProvingSession } from './session.ts';
import { calculateWitness } from './witness.ts';
import type { ZkeyHeader } from './zkey.ts';

export interface PipelineRequest {
  circuit: CircuitEntry;
  input: CircuitInput;
  /** In place of the input: a .wtns file. */
  witness?: Uint8Array | undefined;
  rung: Rung;
  /** For threaded rungs; the others stay in the calling thread. */
  threads: number;
}

export interface PipelineEvents {
  onProgress: (progress: Progress) => void;
  /** Something went wrong that did not stop the proof. */
  onWarning?: (warning: ErrorData) => void;
}

/** Below this share of the work an estimate from it says little. */
const ETA_FROM_FRACTION = 0.05;

/** `free` is the part of `fraction` that cost no time, so that nothing follows from it for the rest. */
type Report = (fraction: number, free?: number) => void;

/** Rejects with a GnomonError of the stage that failed. Each report tells of work really done. Files that session
 * and calculator hold from the last proof are not loaded again. */
export async function runPipeline(
  { circuit, input, witness: given, rung, threads }: PipelineRequest,
  artifacts: ArtifactStore,
  session: ProvingSession,
  { onProgress, onWarning }: PipelineEvents,
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

  const keyId = circuit.artifacts.zkey.sha256;
  const held = session.holds(keyId, rung);
  const { calculator, zkey, fromCache } = await stage('artifacts', (report) =>
    loadArtifacts(circuit, { calculator: given !== undefined, key: held }, artifacts, report, signal),
  );
  const wtns = await stage('witness', async (report) => {
    checkFits(circuit, session.header(keyId, zkey.bytes));
    const witness = given ?? (await calculateWitness(calculator, input));
    report(1);
    return witness;
  });
  const { proof, publicSignals, prover, tier, ...made } = await stage('proving', (report) =>
    session.prove({
      key: {
        id: keyId,
        async load() {
          const bytes = zkey.bytes ?? (await artifacts.get(circuit.artifacts.zkey, signal, () => {}));
          // The engine has its own copy; a second prover, seldom asked, loads it again.
          zkey.bytes = undefined;
          return bytes;
        },
      },
      wtns,
      rung,
      threads,
      onProgress: report,
      onTierDropped: (tier) => onWarning?.(tierDropped(tier)),
      signal,
    }),
  );
  return {
    proof,
    publicSignals,
    timingsMs,
    prover,
    threads: made.threads,
    made: { tier, fromCache, peakMemoryBytes: null },
  };
}

interface Loaded {
  calculator: NamedCalculator;
  /** Undefined while the session holds the key. */
  zkey: { bytes: Uint8Array | undefined };
  /** Nothing had to be fetched. */
  fromCache: boolean;
}

async function loadArtifacts(
  { artifacts: { wasm, zkey } }: CircuitEntry,
  spared: { calculator: boolean; key: boolean },
  store: ArtifactStore,
  report: Report,
  signal: AbortSignal,
): Promise<Loaded> {
  const load = { wasm: !spared.calculator && !holdsCalculator(wasm.sha256), zkey: !spared.key };
  const total = (load.wasm ? wasm.bytes : 0) + (load.zkey ? zkey.bytes : 0);
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
  const wasmFile = load.wasm ? await store.get(wasm, signal, counting(0)) : undefined;
  const bytes = load.zkey ? await store.get(zkey, signal, counting(load.wasm ? wasm.bytes : 0)) : undefined;
  report(1);
  const calculator = {
    id: wasm.sha256,
    load: async () => Uint8Array.from(wasmFile ?? (await store.get(wasm, signal, () => {}))),
  };
  return { calculator, zkey: { bytes }, fromCache: kept === total };
}

/** The key belongs to the circuit that the list describes. */
function checkFits(circuit: CircuitEntry, header: ZkeyHeader): void {
  if (header.publicSignals === circuit.publicSignals.length && header.domain === circuit.domain) return;
  throw new GnomonError('circuit.mismatch', 'The proving key is not that of the circuit in the list.', {
    where: circuit.id,
    nextStep: 'Ask whoever made the list of circuits to make it again.',
  });
}

function tierDropped(tier: string): ErrorData {
  return new GnomonError('backend.tier-dropped', 'A part of the prover computed wrongly on this device.', {
    nextStep: 'The proof was made in another way and is good; that part is not used again.',
    where: tier,
  }).toData();
}
