// A claim in words, read from what the proof itself shows: its public signals and its circuit. Never
// from the job's label, so that the words cannot promise more than the proof does.
import type { CircuitEntry } from '../../../core/manifest.ts';
import { dayText, scoreText } from '../../components/format.ts';

export interface ClaimSignals {
  root: string;
  nullifier: string;
  scope: string;
  message: string;
  /** Unix seconds. */
  asOf: number;
  baseRatePpm: number;
  lowerPpm: number;
  upperPpm: number;
}

export type ClaimKind = 'exact' | 'threshold' | 'band' | 'membership';

export interface ClaimWords {
  kind: ClaimKind;
  /** One sentence: what anyone who checks the proof now knows. */
  headline: string;
  proves: string[];
  hidden: string[];
  /** What a checker learns besides the claim, and what may narrow down who it is. */
  alsoShows: string[];
}

const PPM = 1_000_000;

/** The signals by name, or null when the circuit is not about reputation or they don't fit it. */
export function readClaimSignals(
  circuit: CircuitEntry,
  publicSignals: readonly string[],
): ClaimSignals | null {
  if (circuit.capacity === null || circuit.publicSignals.length !== publicSignals.length) return null;
  const named = new Map(circuit.publicSignals.map((name, at) => [name, publicSignals[at] ?? '']));
  const text = (name: string) => named.get(name) ?? null;
  const small = (name: string, max: number) => {
    const value = named.get(name);
    if (value === undefined || !/^(0|[1-9]\d{0,14})$/.test(value)) return null;
    return Number(value) <= max ? Number(value) : null;
  };
  const [root, nullifier, scope, message] = ['root', 'nullifier', 'scope', 'message'].map(text);
  const asOf = small('asOf', 2 ** 40 - 1);
  const baseRatePpm = small('baseRate', PPM);
  const lowerPpm = small('lower', PPM);
  const upperPpm = small('upper', PPM);
  if (root == null || nullifier == null || scope == null || message == null) return null;
  if (asOf === null || baseRatePpm === null || lowerPpm === null || upperPpm === null) return null;
  return { root, nullifier, scope, message, asOf, baseRatePpm, lowerPpm, upperPpm };
}

/** Which of the four a pair of bounds is; a threshold of 1 is also exact. */
export function claimKind(lowerPpm: number, upperPpm: number): ClaimKind {
  if (lowerPpm === upperPpm) return 'exact';
  if (lowerPpm === 0 && upperPpm === PPM) return 'membership';
  return upperPpm === PPM ? 'threshold' : 'band';
}

/** `capacity` is the circuit's: how many ratings fit. `campaignName` is given only when the campaign file's
 * root is the proof's. */
export function claimWords(
  signals: ClaimSignals,
  capacity: number,
  campaignName: string | null = null,
): ClaimWords {
  const { lowerPpm, upperPpm } = signals;
  const kind = claimKind(lowerPpm, upperPpm);
  const day = dayText(signals.asOf);
  const proves = [
    'The claimant holds an identity that is in the campaign’s snapshot.',
    scoreSentence(kind, lowerPpm, upperPpm, day),
    'All evidence about them in the snapshot was counted, for and against.',
    'The proof was made for this campaign and can’t be handed in to another.',
  ];
  const hidden = [
    'Who they are, and which entry of the snapshot is theirs.',
    'Who rated them, and how.',
    ...(kind === 'exact' ? [] : [kind === 'membership' ? 'Their score.' : 'Their exact score.']),
  ];
  const alsoShows = [
    `They have at most ${capacity} ratings.`,
    'A number that is the same each time this identity claims in this campaign, and in no other.',
    ...(kind === 'exact' ? ['An exact score may be theirs alone, and so identify them.'] : []),
  ];
  return { kind, headline: headline(kind, lowerPpm, upperPpm, campaignName), proves, hidden, alsoShows };
}

function headline(kind: ClaimKind, lowerPpm: number, upperPpm: number, campaignName: string | null): string {
  const who =
    campaignName === null ? 'Someone in this snapshot' : `Someone in the snapshot of ${campaignName}`;
  switch (kind) {
    case 'exact':
      return `${who} has a score of exactly ${scoreText(lowerPpm)}`;
    case 'threshold':
      return `${who} has a score of at least ${scoreText(lowerPpm)}`;
    case 'band':
      return `${who} has a score from ${scoreText(lowerPpm)} to ${scoreText(upperPpm)}`;
    case 'membership':
      return `${who} made this claim`;
  }
}

function scoreSentence(kind: ClaimKind, lowerPpm: number, upperPpm: number, day: string): string {
  const when = `counting what was valid on ${day}`;
  switch (kind) {
    case 'exact':
      return `Their score is exactly ${scoreText(lowerPpm)}, ${when}.`;
    case 'threshold':
      return `Their score is at least ${scoreText(lowerPpm)}, ${when}.`;
    case 'band':
      return `Their score is from ${scoreText(lowerPpm)} to ${scoreText(upperPpm)}, ${when}.`;
    case 'membership':
      return 'Nothing about their score, only that they have one.';
  }
}

/** What each public signal is, for people who check by hand. */
export const SIGNAL_MEANINGS: Readonly<Record<string, string>> = {
  root: 'The snapshot the claim is made against',
  nullifier: 'The same for one identity in one campaign; stops a second claim',
  scope: 'The campaign, as a number',
  message: 'The recipient’s challenge and payload, bound to this proof',
  asOf: 'Evidence counts if valid at this time (Unix seconds)',
  baseRate: 'Score without any evidence, in millionths',
  lower: 'Score is at least this, in millionths',
  upper: 'Score is at most this, in millionths',
};
