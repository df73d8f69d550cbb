// What every import answers with: the good rows, and each bad one with where and why.
import { GnomonError } from '../core/errors.ts';
import { IMPORT_CHARS_MAX, NEVER, REJECTED_KEPT_MAX } from './constants.ts';

/** One statement of `source` about `target`, as evidence; what both import formats become. */
export interface Attestation {
  source: string;
  target: string;
  /** `attestation_type`, or `rating` for rating edges. */
  type: string;
  /** Milliseconds since 1970, as given; only decides which statement is the newest. */
  createdAtMs: number;
  /** Milli-observations, 0…2³²−1. */
  positive: number;
  negative: number;
  /** 0…65535. */
  weight: number;
  /** Unix seconds; 2⁴⁰−1 is never. */
  expiresAt: number;
}

export interface RowError {
  /** Position among the rows or array elements, from 1. */
  row: number;
  /** Line in the file, from 1, where there is a file. */
  line?: number;
  field?: string;
  /** In words; quotes no values but, for a dogmatic opinion, names the attestation. */
  reason: string;
}

export interface Imported<T> {
  rows: T[];
  /** In order of appearance; at most 1000 are kept. */
  rejected: RowError[];
  rejectedCount: number;
}

/** A row's problem, thrown by the readers of one row and caught by the reader of all. No Error: a million bad
 * rows would spend ten seconds on stack traces that nobody sees. */
export class RowProblem {
  readonly reason: string;
  readonly field: string | undefined;
  constructor(reason: string, field?: string) {
    this.reason = reason;
    this.field = field;
  }
}

export function startImport<T>(): Imported<T> {
  return { rows: [], rejected: [], rejectedCount: 0 };
}

export function reject<T>(imported: Imported<T>, error: RowError): void {
  imported.rejectedCount++;
  if (imported.rejected.length < REJECTED_KEPT_MAX) imported.rejected.push(error);
}

/** Runs one row's reader; its problem becomes a rejected row, anything else goes on up. */
export function readRow<T>(
  imported: Imported<T>,
  row: number,
  line: number | undefined,
  read: () => T,
): void {
  try {
    imported.rows.push(read());
  } catch (problem) {
    if (!(problem instanceof RowProblem)) throw problem;
    reject(imported, {
      row,
      ...(line === undefined ? {} : { line }),
      ...(problem.field === undefined ? {} : { field: problem.field }),
      reason: problem.reason,
    });
  }
}

/** Refuses a text too large to read; takes a byte order mark off its start. */
export function importText(text: string): string {
  if (text.length > IMPORT_CHARS_MAX) {
    throw new GnomonError('input.too-large', 'The file is larger than 128 million characters.', {
      nextStep: 'Split the network and import a part of it.',
    });
  }
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Milliseconds → Unix seconds by floor; refuses what 40 bits don't hold. */
export function secondsOf(ms: number, field: string): number {
  const seconds = Math.floor(ms / 1000);
  if (!Number.isFinite(ms) || seconds < 0 || seconds > NEVER) {
    throw new RowProblem('must be a time from 1970 on that fits 40 bits of seconds', field);
  }
  return seconds;
}
