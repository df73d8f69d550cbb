// One job in the server's books, from its submission to some time after its end.
import { GnomonError } from '../../src/core/errors.ts';
import type { Priority, Rung } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import * as refusals from '../refusals.ts';
import type { JobView } from './view.ts';

export interface Submission {
  owner: string;
  /** The owner's choice; the same one is the same job. */
  jobId: string;
  circuit: CircuitEntry;
  /** The input as the bytes of a JSON text: parsed, it would hold several times that while it waits. One of the
   * three is given. */
  inputJson?: Uint8Array;
  /** A .wtns file that the client computed itself. */
  witness?: Uint8Array;
  /** The input as its owner sealed it to the fleet's key. */
  sealed?: Uint8Array;
  expectedPublicSignals: string[] | null;
  priority: Priority;
  /** 3 when left out. */
  maxAttempts?: number;
  /** From now on; afterwards it fails. */
  deadlineMs?: number;
  /** Where on the ladder it starts. */
  rung?: Rung;
  /** Another server gave it to us: it is proved here and passed on no further, so that servers that are each
   * other's workers do not send a job in circles. */
  fromServer?: boolean;
  context?: Record<string, unknown>;
}

export interface Entry extends Omit<JobView, 'position' | 'circuitId'> {
  key: string;
  circuit: CircuitEntry;
  /** Until it is let in. */
  submission: Submission | null;
  inputBytes: number;
  /** Waits out a back-off: takes no slot. */
  backingOff: boolean;
  unsetDeadline: () => void;
}

/** A string of V8's: its head, and its place in the list. */
const STRING_BYTES = 32;

/** What a list of decimals holds in memory. */
export function signalBytes(signals: readonly string[] | null): number {
  return signals?.reduce((sum, signal) => sum + STRING_BYTES + signal.length, 0) ?? 0;
}

/** What a submission holds in memory until its job has ended. */
export function heldBytes({ inputJson, witness, sealed, expectedPublicSignals }: Submission): number {
  const payloads = [inputJson, witness, sealed].reduce((sum, bytes) => sum + (bytes?.byteLength ?? 0), 0);
  return payloads + signalBytes(expectedPublicSignals);
}

/** Throws `input.signals-count`: no proof can be held to it, so that it need not wait to be told. */
export function refuseOtherCount({ circuit, expectedPublicSignals }: Submission): void {
  const wanted = circuit.publicSignals.length;
  if (expectedPublicSignals === null || expectedPublicSignals.length === wanted) return;
  throw new GnomonError(
    'input.signals-count',
    `There are ${expectedPublicSignals.length} expected public signals; the circuit has ${wanted}.`,
    { where: 'expectedPublicSignals', nextStep: 'Give what the proof must show, one value for each signal.' },
  );
}

export function newEntry(key: string, submission: Submission, nowMs: number): Entry {
  const { owner, jobId, circuit, priority, context = {} } = submission;
  return {
    key,
    owner,
    jobId,
    circuit,
    priority,
    state: 'queued',
    stage: null,
    percent: 0,
    etaMs: null,
    createdAtMs: nowMs,
    startedAtMs: null,
    endedAtMs: null,
    attempts: 0,
    result: null,
    error: null,
    context,
    submission,
    inputBytes: heldBytes(submission),
    backingOff: false,
    unsetDeadline: () => {},
  };
}

/** Without the input and the bookkeeping. */
export function entryView(entry: Entry, position: number): JobView {
  const { owner, jobId, circuit, priority, state, stage, percent, etaMs, attempts, result, error } = entry;
  const { createdAtMs, startedAtMs, endedAtMs, context } = entry;
  const standing = { priority, state, position, stage, percent, etaMs, attempts, result, error, context };
  return { owner, jobId, circuitId: circuit.id, ...standing, createdAtMs, startedAtMs, endedAtMs };
}

export function queueFull(what: string, nextStep?: string): GnomonError {
  return refusals.queueFull(`This server has ${what}.`, nextStep);
}

export function shuttingDown(): GnomonError {
  return refusals.shuttingDown('Submit the job again in a moment, here or elsewhere.');
}

export function tooLate(): GnomonError {
  return new GnomonError('resource.deadline', 'The job took longer than the time it was given.', {
    nextStep: 'Give it more time, or try again when the server is less busy.',
  });
}
