// A gateway's checks of what provers have handed in: a right proof ends the job, a wrong one sets its prover aside.
// What they say that would end a job is judged in doubts.ts.
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import type { Clock, Verdict, Verifier } from '../../src/core/ports.ts';
import { WRONG_PROOF } from '../../src/core/retry.ts';
import { makeTurns } from '../turns.ts';
import { makeDoubts } from './doubts.ts';
import type { Expected } from './expected.ts';
import { isOver, type Records } from './records.ts';
import { unchecked } from './refusals.ts';
import type { FleetStore } from './store.ts';

export interface Verdicts {
  /** Checks what waits for it, and settles the job. */
  check(jobId: string): Promise<void>;
  /** Ends a job whose input the circuit refuses, unless another stands under its id by then. */
  refuse(job: Job, error: GnomonError): Promise<void>;
  /** The job has ended: nothing is kept of it, and what works for it is killed. */
  forget(jobId: string): void;
  /** After those that are under way; what waits is left to other gateways. */
  close(): Promise<void>;
}

export interface VerdictOptions {
  store: FleetStore;
  records: Records;
  verifier: Verifier;
  expected: Expected;
  clock: Clock;
  onTrouble: (thrown: unknown) => void;
  /** A proof was wrong: its prover has been set aside. */
  onWrongProof: (prover: string, jobId: string, detail: string) => void;
  /** It found fault with an input that another has proved: it has been set aside. */
  onWrongRefusal: (prover: string, jobId: string) => void;
}

/** A machine that lies is set aside, so a job meets few: one that meets more has something about it. */
const MOST_WRONG = 5;
/** Upkeep tries again; a gateway that cannot check a proof must not keep the job for ever. */
const MOST_TRIES = 5;
const AGAIN_MS = 1_000;
/** They share one child, whose answer must come within seconds. */
const MOST_AT_ONCE = 4;

export function makeVerdicts(options: VerdictOptions): Verdicts {
  const { store, records, verifier, expected, clock } = options;
  const doubts = makeDoubts({ ...options, refuse, leave: leaveForNow });
  const checking = new Map<string, Promise<void>>();
  /** Of offers that could not be checked, by their jobs. */
  const tries = new Map<string, { token: string | undefined; count: number }>();
  const turns = makeTurns(MOST_AT_ONCE);
  const closing = new AbortController();

  async function checkNow(jobId: string): Promise<void> {
    const stored = await store.stored(jobId);
    if (stored?.offer == null) return;
    const { job, offer } = stored;
    if ('refusal' in offer) return doubts.hear(stored, offer.by, offer.refusal);
    let { expectedPublicSignals } = job;
    if (expectedPublicSignals === null) {
      const found = await expected.of(job).catch((thrown: unknown) => leave(job, thrown));
      if (found === null) return;
      if ('refused' in found) return refuse(job, found.refused);
      expectedPublicSignals = found.publicSignals;
    }
    const asked = { circuit: job.circuit, result: offer.result, expectedPublicSignals };
    if (!(await turns.take(closing.signal))) return;
    const verdict = await verifier
      .verify(asked, new AbortController().signal)
      .catch((thrown: unknown) => thrown)
      .finally(turns.pass);
    if (!isVerdict(verdict)) return giveUp(job, verdict);
    tries.delete(jobId);
    if (verdict.ok) {
      const refuted = await doubts.refuted(stored, offer.by);
      const isFirst = await store.settle(job, { kind: 'succeeded', result: offer.result });
      for (const machine of isFirst ? refuted : []) {
        await records.setAside(machine, 'it refused an input that was proved');
        options.onWrongRefusal(machine, jobId);
      }
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
  async function giveUp(job: Job, thrown: unknown): Promise<void> {
    if (countTry(job) >= MOST_TRIES) await tryElsewhere(job, toErrorData(thrown));
    throw thrown;
  }

  /** What this gateway cannot work out another one may: until the offer's time is over, it is theirs. */
  async function leave(job: Job, thrown: unknown): Promise<null> {
    const isFirst = countTry(job) === 1;
    const isTime = clock.nowMs() > (job.lease?.expiresAtMs ?? 0);
    if (isTime) await tryElsewhere(job, unchecked(toErrorData(thrown)).toData());
    if (isFirst || isTime) throw thrown;
    return null;
  }

  /** False: its time is over. */
  function leaveForNow(job: Job, thrown: unknown): boolean {
    if (clock.nowMs() > (job.lease?.expiresAtMs ?? 0)) return false;
    if (countTry(job) === 1) options.onTrouble(thrown);
    return true;
  }

  function countTry({ id, lease }: Job): number {
    const last = tries.get(id);
    const count = last !== undefined && last.token === lease?.token ? last.count + 1 : 1;
    tries.set(id, { token: lease?.token, count });
    return count;
  }

  async function tryElsewhere(job: Job, error: ErrorData): Promise<void> {
    tries.delete(job.id);
    const isLast = job.attemptsUsed >= job.maxAttempts;
    const again = { kind: 'retry', error, delayMs: AGAIN_MS, rung: job.rung } as const;
    await store.settle(job, isLast ? { kind: 'failed', error } : again);
  }

  async function refuse({ id, sequence }: Job, error: GnomonError): Promise<void> {
    await store.fail(id, error, (now) => now.sequence === sequence && !isOver(now));
  }

  return {
    refuse,

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

    forget(jobId) {
      tries.delete(jobId);
      expected.drop(jobId);
    },

    async close() {
      closing.abort();
      expected.close();
      await Promise.all(checking.values());
    },
  };
}

function isVerdict(answer: unknown): answer is Verdict {
  return typeof (answer as Verdict | null)?.ok === 'boolean';
}
