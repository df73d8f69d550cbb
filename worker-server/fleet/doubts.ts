// A prover's word that would end a job, and that trying again would not mend. It does not end it while another machine can
// be asked: one that lies, or that is damaged, would end all that it gets. Of an input a gateway sees for itself whether
// the circuit takes it.
import { type ErrorData, type GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import { isAboutInput } from '../../src/core/retry.ts';
import type { Expected } from './expected.ts';
import { type Doubt, doubtsOf, othersMayTell, type Records, type Stored } from './records.ts';
import { wrongRefusal } from './refusals.ts';
import type { FleetStore } from './store.ts';

const AGAIN_MS = 1_000;
/** Also said of a proof that does not verify, from whichever prover: calculators need not see that. */
const UNSATISFIED = 'witness.unsatisfied';

export interface Doubts {
  /** Ends the job, or lets another prover try. Throws why it cannot be judged yet. */
  hear(stored: Stored, by: string, refusal: ErrorData): Promise<void>;
  /** Machines that found fault with the input that `by` has proved, which this gateway finds to be right. Asked before
   * the job ends, and its input with it. */
  refuted(stored: Stored, by: string): Promise<string[]>;
}

export interface DoubtOptions {
  store: Pick<FleetStore, 'settle'>;
  records: Pick<Records, 'beats'>;
  expected: Pick<Expected, 'of'>;
  /** Ends a job whose input the circuit refuses, as a gateway found itself. */
  refuse: (job: Job, error: GnomonError) => Promise<void>;
  /** Others may know what this gateway cannot work out, until the offer's time is over: true. */
  leave: (job: Job, thrown: unknown) => boolean;
}

type Finding = 'takes' | 'unknown' | { refused: GnomonError };

export function makeDoubts({ store, records, expected, refuse, leave }: DoubtOptions): Doubts {
  /** Null: the job has ended, or is left to others. */
  async function find(job: Job): Promise<Finding | null> {
    const { expectedPublicSignals: wanted } = job;
    try {
      const found = await expected.of(job);
      if (found === null || 'refused' in found) return found;
      return wanted === null || String(wanted) === String(found.publicSignals) ? 'takes' : 'unknown';
    } catch (thrown) {
      // Gateways may lack what jobs do not need that say what they show.
      return wanted === null && leave(job, thrown) ? null : 'unknown';
    }
  }

  return {
    async hear(stored, by, refusal) {
      const { job } = stored;
      const aboutInput = isAboutInput(refusal);
      const found = aboutInput ? await find(job) : 'unknown';
      if (found === null) return;
      if (typeof found === 'object') return refuse(job, found.refused);
      const others = doubtsOf(stored).filter((doubt) => doubt.by !== by);
      const agrees = aboutInput && others.some(isAboutInputToo);
      const mayAsk = othersMayTell(stored, by, await records.beats());
      const isUntrue = found === 'takes' && refusal.code !== UNSATISFIED;
      const error = isUntrue ? wrongRefusal(refusal).toData() : refusal;
      const isNew = others.length === doubtsOf(stored).length;
      const uncounted = isNew && mayAsk;
      const isLast = !uncounted && job.attemptsUsed >= job.maxAttempts;
      if (isLast || (!isUntrue && (agrees || !mayAsk))) {
        await store.settle(job, { kind: 'failed', error });
        return;
      }
      const again = { kind: 'retry', error, rung: job.rung } as const;
      const outcome = uncounted ? { ...again, delayMs: 0, uncounted } : { ...again, delayMs: AGAIN_MS };
      await store.settle(job, outcome, { by, sequence: job.sequence, code: refusal.code });
    },

    async refuted(stored, by) {
      const wrong = doubtsOf(stored).filter(
        // Which may rest on another machine's proof.
        (doubt) => isAboutInputToo(doubt) && doubt.code !== UNSATISFIED && doubt.by !== by,
      );
      if (wrong.length === 0) return [];
      const found = await expected.of(stored.job).catch((thrown) => ({ refused: toErrorData(thrown) }));
      if (found === null || 'refused' in found || stored.offer === null || 'refusal' in stored.offer)
        return [];
      if (String(found.publicSignals) !== String(stored.offer.result.publicSignals)) return [];
      return [...new Set(wrong.map((doubt) => doubt.by))];
    },
  };
}

function isAboutInputToo({ code }: Doubt): boolean {
  return isAboutInput({ code, group: code.slice(0, code.indexOf('.')) } as ErrorData);
}
