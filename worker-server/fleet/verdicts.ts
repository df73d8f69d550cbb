// A gateway's checks of proofs that provers have handed in: a right one ends the job, a wrong one sets its prover aside.
import { GnomonError } from '../../src/core/errors.ts';
import type { Verifier } from '../../src/core/ports.ts';
import { WRONG_PROOF } from '../../src/core/retry.ts';
import type { Records } from './records.ts';
import type { FleetStore } from './store.ts';

export interface Verdicts {
  /** Verifies the proof that waits for it, and settles the job. */
  check(jobId: string): Promise<void>;
  /** After those that are under way. */
  close(): Promise<void>;
}

export interface VerdictOptions {
  store: FleetStore;
  records: Records;
  verifier: Verifier;
  onTrouble: (thrown: unknown) => void;
  /** A proof was wrong: its prover has been set aside. */
  onWrongProof: (prover: string, jobId: string, detail: string) => void;
}

export function makeVerdicts(options: VerdictOptions): Verdicts {
  const { store, records, verifier } = options;
  const checking = new Map<string, Promise<void>>();

  async function checkNow(jobId: string): Promise<void> {
    const stored = await store.stored(jobId);
    if (stored?.offer == null) return;
    const { job, offer } = stored;
    const { circuit, expectedPublicSignals } = job;
    const asked = { circuit, result: offer.result, expectedPublicSignals };
    const verdict = await verifier.verify(asked, new AbortController().signal);
    if (verdict.ok) {
      await store.settle(jobId, { kind: 'succeeded', result: offer.result });
      return;
    }
    await records.setAside(offer.by, 'its proof did not verify');
    options.onWrongProof(offer.by, jobId, verdict.detail);
    const error = new GnomonError(WRONG_PROOF, 'A prover’s proof did not verify; it has been set aside.', {
      nextStep: 'Another one tries.',
    }).toData();
    await store.settle(jobId, { kind: 'retry', error, delayMs: 0, rung: job.rung, uncounted: true });
  }

  return {
    check(jobId) {
      const known = checking.get(jobId);
      if (known !== undefined) return known;
      const work = checkNow(jobId)
        // Upkeep finds it again.
        .catch(options.onTrouble)
        .finally(() => checking.delete(jobId));
      checking.set(jobId, work);
      return work;
    },

    async close() {
      await Promise.all(checking.values());
    },
  };
}
