// A prover's word that an input is wrong. It alone ends no job while another prover can be asked: a machine that lies or
// whose files are damaged would end all that it gets. Where a gateway works out what a proof must show, it sees for
// itself whether the circuit takes the input; one of which the client has said that stays closed to it.
import type { ErrorData, GnomonError } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { Expected, Found } from './expected.ts';
import { doubtsOf, type Records, type Stored } from './records.ts';
import { wrongRefusal } from './refusals.ts';
import type { FleetStore } from './store.ts';

const AGAIN_MS = 1_000;
/** The proof did not verify, from whichever prover: calculators do not see that. */
const UNSATISFIED = 'witness.unsatisfied';

export interface Doubts {
  /** Ends the job, or lets another prover try. */
  hear(stored: Stored, by: string, refusal: ErrorData): Promise<void>;
  /** `by` has proved it: sets aside the machines that found fault with the input, and says which. */
  refute(stored: Stored, by: string): Promise<string[]>;
}

export interface DoubtOptions {
  store: Pick<FleetStore, 'settle'>;
  records: Pick<Records, 'beats' | 'setAside'>;
  expected: Pick<Expected, 'of'>;
  clock: Pick<Clock, 'nowMs'>;
  /** Ends a job whose input the circuit refuses, as a gateway found itself. */
  refuse: (job: Job, error: GnomonError) => Promise<void>;
}

export function makeDoubts({ store, records, expected, clock, refuse }: DoubtOptions): Doubts {
  /** Whether a prover that has not found fault with it may still tell. */
  async function canAskOthers(stored: Stored, by: string): Promise<boolean> {
    const asked = new Set([by, ...doubtsOf(stored).map((doubt) => doubt.by)]);
    const digest = stored.job.circuit.artifacts.zkey.sha256;
    return (await records.beats()).some(
      ({ machine, draining, circuits }) => !draining && !asked.has(machine) && circuits.includes(digest),
    );
  }

  async function workedOut(job: Job): Promise<Found | 'unknown' | null> {
    if (job.expectedPublicSignals !== null) return 'unknown';
    // A gateway that cannot tell says nothing of the prover.
    return expected.of(job).catch(() => 'unknown' as const);
  }

  return {
    async hear(stored, by, refusal) {
      const { job } = stored;
      const found = await workedOut(job);
      if (found === null) return;
      if (found !== 'unknown' && 'refused' in found) return refuse(job, found.refused);
      const doubts = doubtsOf(stored);
      const isNew = !doubts.some((doubt) => doubt.by === by);
      const agrees = doubts.some((doubt) => doubt.by !== by);
      const mayAsk = await canAskOthers(stored, by);
      const isUntrue = found !== 'unknown' && refusal.code !== UNSATISFIED;
      if (!isUntrue && (agrees || !mayAsk)) {
        await store.settle(job, { kind: 'failed', error: refusal });
        return;
      }
      const error = isUntrue ? wrongRefusal(refusal).toData() : refusal;
      const uncounted = isNew && mayAsk;
      if (!uncounted && job.attemptsUsed >= job.maxAttempts) {
        await store.settle(job, { kind: 'failed', error });
        return;
      }
      const again = { kind: 'retry', error, rung: job.rung } as const;
      await store.settle(
        job,
        uncounted ? { ...again, delayMs: 0, uncounted } : { ...again, delayMs: AGAIN_MS },
        { by, sequence: job.sequence, atMs: clock.nowMs() },
      );
    },

    async refute(stored, by) {
      const wrong = new Set(doubtsOf(stored).map((doubt) => doubt.by));
      wrong.delete(by);
      for (const machine of wrong) await records.setAside(machine, 'it refused an input that was proved');
      return [...wrong];
    },
  };
}
