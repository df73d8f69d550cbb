// The Verify page's words and files. Pure.

import { toCsv } from '../../../core/csv.ts';
import type { AcceptedClaim } from '../../../services/verification.ts';
import type { Counts, Entry } from './create-verification.ts';
import type { Outcome } from './judge.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'quiet';

const OUTCOME_WORDS: Record<Outcome, { title: string; tone: Tone }> = {
  accepted: { title: 'Accepted', tone: 'good' },
  valid: { title: 'Valid', tone: 'good' },
  'already-used': { title: 'Already used', tone: 'warn' },
  refused: { title: 'Refused', tone: 'bad' },
  'proof-valid': { title: 'Proof is valid', tone: 'good' },
  'proof-invalid': { title: 'Proof is not valid', tone: 'bad' },
};

/** What stands at the head of a result. */
export function entryWords(
  { state, item }: Entry,
  hasCampaign: boolean,
): {
  title: string;
  tone: Tone;
  reason: string;
} {
  switch (state.step) {
    case 'waiting':
      return hasCampaign || item.kind !== 'claim'
        ? { title: 'Waiting', tone: 'quiet', reason: '' }
        : { title: 'Waiting', tone: 'quiet', reason: 'Needs the campaign file.' };
    case 'checking':
      return { title: 'Checking', tone: 'quiet', reason: '' };
    case 'bad':
      return { title: 'Unreadable', tone: 'bad', reason: state.error.message };
    case 'unchecked':
      return { title: 'Could not be checked', tone: 'warn', reason: state.error.message };
    case 'judged':
      return { ...OUTCOME_WORDS[state.judgement.outcome], reason: state.judgement.reason };
  }
}

/** "3 accepted, 1 already used, 2 unreadable." */
export function countsInWords(counts: Counts): string {
  const parts = [
    [counts.accepted, 'accepted'],
    [counts.valid, 'valid'],
    [counts.alreadyUsed, 'already used'],
    [counts.refused, 'refused'],
    [counts.unreadable, 'unreadable'],
    [counts.unchecked, 'could not be checked'],
    [counts.waiting, 'waiting'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return told.length === 0 ? '' : `${told.join(', ')}.`;
}

/** The accepted list as a file; times in UTC, nullifiers and scopes whole. */
export function acceptedCsv(claims: readonly AcceptedClaim[]): string {
  return toCsv(
    ['accepted at (UTC)', 'campaign', 'demo', 'claimant', 'shows', 'scope', 'nullifier'],
    claims.map((claim) => [
      new Date(claim.acceptedAtMs).toISOString(),
      claim.campaignName,
      claim.demo === true ? 'demo' : '',
      claim.claimantPayload,
      claim.shows ?? '',
      claim.scope,
      claim.nullifier,
    ]),
  );
}

/** How old evidence of a day is, in words. */
export function ageInWords(asOfS: number, nowMs: number): string {
  const days = Math.floor((nowMs / 1000 - asOfS) / 86_400);
  if (days < 0) return 'in the future';
  if (days === 0) return 'today';
  if (days < 60) return days === 1 ? '1 day old' : `${days} days old`;
  const months = Math.floor(days / 30.44);
  return months < 24 ? `${months} months old` : `${Math.floor(days / 365.25)} years old`;
}
