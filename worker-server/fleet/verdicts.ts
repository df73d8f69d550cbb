// A gateway's checks of proofs that provers have handed in: a right one ends the job, a wrong one sets its prover aside.
import { GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import type { Verdict, Verifier } from '../../src/core/ports.ts';
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

/** A machine that lies is set aside, so a job meets few: one that meets more has something about it. */
const MOST_WRONG = 5;
/** Upkeep tries again; a gateway that cannot check a proof must not keep the job for ever. */
const MOST_TRIES = 5;
const AGAIN_MS = 1_000;

export function makeVerdicts(options: VerdictOptions): Verdicts {
  const { store, records, verifier } = options;
  const checking = new Map<string, Promise<void>>();
  /** Of offers that could not be checked, by their leases. */
  const tries = new Map<string, number>();

  async function checkNow(jobId: string): Promise<void> {
    const stored = await store.stored(jobId);
    if (stored?.offer == null) return;
    const { job, offer } = stored;
    const { circuit, expectedPublicSignals } = job;
    const asked = { circuit, result: offer.result, expectedPublicSignals };
    const verdict = await verifier
      .verify(asked, new AbortController().signal)
      .catch((thrown: unknown) => thrown);
    const token = job.lease?.token ?? '';
    if (!isVerdict(verdict)) return giveUp(job, token, verdict);
    tries.delete(token);
    if (verdict.ok) {
      await store.settle(job, { kind: 'succeeded', result: offer.result });
      return;
    }
    await records.setAside(offer.by, 'its proof did not verify');
    options.onWrongProof(offer.by, jobId, verdict.detail);
    const error = new GnomonError(WRONG_PROOF, 'A prover’s proof did not verify; it has been set aside.', {
      nextStep: 'Another one tries.',
    }).toData();
    const wrong = job.attempts.filter((attempt) => attempt.error?.code === WRONG_PROOF).length + 1;
    if (wrong >= MOST_WRONG) await store.settle(job, { kind: 'failed', error });
    else await store.settle(job, { kind: 'retry', error, delayMs: 0, rung: job.rung, uncounted: true });
  }

  /** The proof may be as good as any: nobody is set aside, and another attempt counts. */
  async function giveUp(job: Job, token: string, thrown: unknown): Promise<void> {
    const count = (tries.get(token) ?? 0) + 1;
    tries.set(token, count);
    if (count >= MOST_TRIES) {
      tries.delete(token);
      const error = toErrorData(thrown);
      const isLast = job.attemptsUsed >= job.maxAttempts;
      const again = { kind: 'retry', error, delayMs: AGAIN_MS, rung: job.rung } as const;
      await store.settle(job, isLast ? { kind: 'failed', error } : again);
    }
    throw thrown;
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

function isVerdict(answer: unknown): answer is Verdict {
  return typeof (answer as Verdict | null)?.ok === 'boolean';
}
