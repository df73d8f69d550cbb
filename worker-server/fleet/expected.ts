// What the proofs of jobs that came without expected public signals must show: worked out by a gateway from the input that
// waits in the queue, in a child. It begins while the job waits, and what is being proved goes before what waits: so that
// it is there when the proof comes, and that an input which the circuit refuses need not wait for a prover.
import { GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import { isAboutInput } from '../../src/core/retry.ts';
import type { ChildInputs } from '../proving/child-inputs.ts';
import { makeTurns } from '../turns.ts';
import type { KeyRing } from './keys.ts';
import { isOver, keyOf, type Records } from './records.ts';
import { cannotTell, unreadable } from './refusals.ts';

export type Found = { publicSignals: string[] } | { refused: GnomonError };

export interface Expected {
  /** Begins with it, unless that has begun, or nothing is to be worked out. */
  begin(job: Job): void;
  /** Rejects when it cannot be worked out here (now). Null: the job ended meanwhile, another may stand under its id, or
   * this gateway ends. */
  of(job: Job): Promise<Found | null>;
  /** The job has ended: kills what is still at work for it. */
  drop(jobId: string): void;
  /** All that wait or run, as read just now: drops what is missing time and again, since news of an end can get lost. */
  keep(listed: { has(jobId: string): boolean }): void;
  close(): void;
}

export interface ExpectedOptions {
  records: Pick<Records, 'get' | 'input'>;
  ring: Pick<KeyRing, 'openJson'>;
  inputs: Pick<ChildInputs, 'signalsOf' | 'hasCalculator'>;
  /** The circuit refuses the input. */
  onRefused: (job: Job, error: GnomonError) => void;
}

interface Entry {
  sequence: number;
  bytes: number;
  missed: number;
  ending: AbortController;
  found: Promise<Found | null>;
}

/** Opened inputs at once: each may be as large as inputs may be. */
const MOST_OPEN = 4;
/** Of signals of jobs that still wait: what a prover has is worked out whatever it takes. */
const MOST_AHEAD_BYTES = 32 * 1024 * 1024;
/** A decimal of 77 digits, and the string around it. */
const SIGNAL_BYTES = 110;
const ENTRY_BYTES = 1024;
const MOST_MISSED = 2;

export function makeExpected({ records, ring, inputs, onRefused }: ExpectedOptions): Expected {
  const entries = new Map<string, Entry>();
  const turns = makeTurns(MOST_OPEN);
  let heldBytes = 0;
  let closed = false;

  async function workOut(job: Job, entry: object, signal: AbortSignal): Promise<Found | null> {
    if (!(await turns.take(signal, entry))) return null;
    const { circuit } = job;
    try {
      // Before the input is read, which may be large.
      if (!(await inputs.hasCalculator(circuit))) throw cannotTell(circuit);
      const sealed = await records.input(keyOf(job.id));
      // Looked at after the input: of a job that was submitted anew it is another one, and would blame an honest prover.
      if ((await records.get(keyOf(job.id)))?.job.sequence !== job.sequence) return null;
      const inputJson = sealed && (await ring.openJson(sealed, job));
      if (inputJson === null || inputJson === 'no-key') throw unreadable();
      return { publicSignals: await inputs.signalsOf({ circuit, inputJson }, signal, () => {}) };
    } catch (thrown) {
      if (signal.aborted) return null;
      const error = toErrorData(thrown);
      if (isAboutInput(error)) return { refused: GnomonError.fromData(error) };
      throw thrown;
    } finally {
      turns.pass();
    }
  }

  function forget(jobId: string, entry: Entry): void {
    if (entries.get(jobId) !== entry) return;
    entries.delete(jobId);
    heldBytes -= entry.bytes;
  }

  function drop(jobId: string): void {
    const entry = entries.get(jobId);
    if (entry === undefined) return;
    forget(jobId, entry);
    entry.ending.abort();
  }

  function enter(job: Job): Entry {
    const known = entries.get(job.id);
    if (known?.sequence === job.sequence) return known;
    // Submitted anew, with another input.
    drop(job.id);
    const ending = new AbortController();
    const bytes = ENTRY_BYTES + SIGNAL_BYTES * job.circuit.publicSignals.length;
    const entry: Entry = { sequence: job.sequence, bytes, missed: 0, ending, found: Promise.resolve(null) };
    entries.set(job.id, entry);
    heldBytes += bytes;
    entry.found = workOut(job, entry, ending.signal);
    entry.found.then(
      (found) => {
        if (found === null) forget(job.id, entry);
        else if ('refused' in found) onRefused(job, found.refused);
      },
      // Whoever asks next has it tried again.
      () => forget(job.id, entry),
    );
    return entry;
  }

  return {
    begin(job) {
      if (closed || job.expectedPublicSignals !== null || isOver(job)) return;
      const isNew = entries.get(job.id)?.sequence !== job.sequence;
      if (job.state !== 'running' && isNew && heldBytes >= MOST_AHEAD_BYTES) return;
      const entry = enter(job);
      if (job.state === 'running') turns.hurry(entry);
    },

    async of(job) {
      if (closed) return null;
      const entry = enter(job);
      turns.hurry(entry);
      return entry.found;
    },

    drop,

    keep(listed) {
      for (const [jobId, entry] of [...entries]) {
        entry.missed = listed.has(jobId) ? 0 : entry.missed + 1;
        if (entry.missed >= MOST_MISSED) drop(jobId);
      }
    },

    close() {
      closed = true;
      for (const jobId of [...entries.keys()]) drop(jobId);
    },
  };
}
