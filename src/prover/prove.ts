// Witness + proving key → proof, by snarkjs. Progress is counted from the work that snarkjs' threads
// finish; a proof from here has not been verified yet.
import { type Curve, type CurveTaskStep, groth16, type SnarkjsLogger } from 'snarkjs';
import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof } from '../core/groth16.ts';
import { proofJson, readProof, readSignals } from './shape.ts';
import { withCurve } from './snarkjs-curve.ts';
import { wasmApi } from './wasm-api.ts';
import { checkWtns, readZkeyHeader, type ZkeyHeader } from './zkey.ts';

export interface ProveOptions {
  /** 1 proves in the calling thread and blocks it; more start inner workers, at most one for each core. */
  threads: number;
  /** 0…1 of the work done: at the start, after finished work at most every 50 ms, and at the end. */
  onProgress?: (fraction: number) => void;
  /** With one thread it takes effect between tasks only; whoever needs more ends the thread. */
  signal?: AbortSignal;
}

export interface UnverifiedProof {
  proof: Groth16Proof;
  publicSignals: string[];
  /** Threads that really worked. */
  threads: number;
}

/**
 * Proves. Rejects with `circuit.zkey`, `witness.file`, `cancelled.aborted`, `resource.memory`,
 * `backend.died` (an inner worker did), or `backend.prover-failed`. The inner workers are gone when it settles.
 */
export async function proveWithSnarkjs(
  zkey: Uint8Array,
  wtns: Uint8Array,
  { threads, onProgress, signal }: ProveOptions,
): Promise<UnverifiedProof> {
  const header = readZkeyHeader(zkey);
  checkWtns(wtns, header.variables);
  const counter = onProgress === undefined ? undefined : makeWorkCounter(header, onProgress);
  try {
    return await withCurve(
      { threads, ...(counter && { onTask: counter.onTask }), ...(signal && { signal }) },
      async (curve) => {
        const logger = counter?.watchRows(curve);
        const made = await groth16.prove(zkey, wtns, logger);
        return {
          proof: proofJson(readProof(made.proof)),
          publicSignals: readSignals(made.publicSignals as unknown[], 'Public signal').map(String),
          threads: curve.tm.concurrency,
        };
      },
    );
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    if (thrown instanceof RangeError || thrown instanceof wasmApi.RuntimeError) {
      throw new GnomonError('resource.memory', 'There is not enough memory for this proof.', {
        nextStep: 'Close other tabs or programs, or take a smaller circuit, then try again.',
        cause: thrown,
      });
    }
    throw new GnomonError('backend.prover-failed', 'The prover stopped before it was done.', {
      nextStep: 'Try again; if it stops again, check that witness and key belong to the same circuit.',
      cause: thrown,
    });
  }
}

/** Nanoseconds for each unit of work on one core, measured with Semaphore's circuit (2¹⁴) in Node 20. Only
 * their ratios matter. */
const COST = {
  /** One point for one bit of a scalar. */
  g1PointBit: 120,
  g2PointBit: 335,
  butterfly: 245,
  scale: 235,
  join: 300,
  /** One coefficient, or one row's product; in JavaScript, hence slow. */
  row: 1_900,
};

const SCALAR_BITS = 256;

/** What the whole proof costs. The sums do not depend on how snarkjs cuts them into tasks. */
function totalCost({ variables, publicSignals, domain, coefficients }: ZkeyHeader): number {
  const g1Points = 3 * variables - publicSignals - 1 + domain;
  return (
    COST.row * (coefficients + domain) +
    6 * COST.butterfly * (domain / 2) * Math.log2(domain) +
    3 * COST.scale * domain +
    COST.join * domain +
    SCALAR_BITS * (COST.g1PointBit * g1Points + COST.g2PointBit * variables)
  );
}

function taskCost(task: CurveTaskStep[]): number {
  let cost = 0;
  for (const { cmd, fnName, params } of task) {
    if (cmd !== 'CALL' || fnName === undefined || params === undefined) continue;
    const size = (index: number) => params[index]?.val ?? 0;
    if (fnName === 'g1m_multiexpAffine_chunk') cost += COST.g1PointBit * size(3) * size(5);
    else if (fnName === 'g2m_multiexpAffine_chunk') cost += COST.g2PointBit * size(3) * size(5);
    else if (fnName === 'frm_fftMix') cost += (COST.butterfly * size(1)) / 2;
    else if (fnName === 'frm_fftJoin') cost += COST.butterfly * size(2);
    else if (fnName === 'frm_batchApplyKey') cost += COST.scale * size(1);
    else if (fnName === 'qap_joinABC') cost += COST.join * size(3);
  }
  return cost;
}

/** Often enough for a bar that moves and a heartbeat every 100 ms, seldom enough to cost nothing. */
const REPORT_MS = 50;

function makeWorkCounter(header: ZkeyHeader, onProgress: (fraction: number) => void) {
  const total = totalCost(header);
  let done = 0;
  let reportedAtMs = performance.now();
  onProgress(0);
  const add = (cost: number): void => {
    done += cost;
    const nowMs = performance.now();
    if (done < total * 0.9999 && nowMs - reportedAtMs < REPORT_MS) return;
    reportedAtMs = nowMs;
    onProgress(Math.min(1, done / total));
  };
  return {
    onTask: (task: CurveTaskStep[]) => add(taskCost(task)),
    /** The matrices' rows are computed in the calling thread, one field product for each coefficient and
     * one for each row: counts these from the logged start of that step. */
    watchRows(curve: Curve): SnarkjsLogger {
      const { Fr } = curve;
      const { mul } = Fr;
      const rows = header.coefficients + header.domain;
      const batch = Math.max(1, Math.floor(rows / 50));
      const silent = () => {};
      return {
        info: silent,
        warn: silent,
        error: silent,
        debug(message) {
          if (message !== 'Building ABC') return;
          let products = 0;
          Fr.mul = (a, b) => {
            products++;
            if (products % batch === 0) add(COST.row * batch);
            if (products === rows) {
              add(COST.row * (rows % batch));
              Fr.mul = mul;
            }
            return mul.call(Fr, a, b);
          };
        },
      };
    },
  };
}
