// Why a queue cannot be opened, in the same words for Redis and PostgreSQL: what is wrong, by what they said, and the
// first of a check's findings.
import { GnomonError } from '../../src/core/errors.ts';
import type { Findings } from './checks.ts';

const MESSAGES = {
  login: 'The queue does not take this user and password.',
  rights: 'The queue’s user may not do what a fleet needs.',
  database: 'There is no such database.',
  tls: 'The queue’s TLS does not hold: its certificate is not trusted, or it does not speak TLS.',
  unreachable: 'The queue cannot be reached.',
} as const;

export interface Reason {
  what: keyof typeof MESSAGES;
  /** Of the error's message and code; the first reason that fits is the one. */
  fits: RegExp;
  nextStep: string;
}

export function cannotOpen(thrown: unknown, reasons: readonly Reason[]): GnomonError {
  if (thrown instanceof GnomonError) return thrown;
  const { message, code } = thrown as Error & { code?: string };
  const reason = reasons.find(({ fits }) => fits.test(`${message} ${code}`));
  if (reason === undefined) throw thrown;
  const { what, nextStep } = reason;
  const where = 'GNOMON_QUEUE';
  return new GnomonError(`resource.fleet-${what}`, MESSAGES[what], { where, nextStep, cause: thrown });
}

/** Throws the first thing that is wrong; `warn` hears what the operator has allowed. */
export function heed({ errors, warnings }: Findings, warn: (message: string) => void): void {
  for (const message of warnings) warn(message);
  if (errors[0] !== undefined) throw errors[0];
}
