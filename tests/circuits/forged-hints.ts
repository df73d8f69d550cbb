// Dishonest hints: what a witness calculator may put where the circuit only says `<--`.
import type { Patch } from '../helpers/circuits-variants.ts';

/** The same constraints, but a score of one's choosing: baseRate mod 8 says which. */
export const FORGED_HINTS: readonly Patch[] = [
  [
    'score <-- numerator \\ divisor;',
    `var modes = baseRate % 8;
    score <-- modes == 1 ? (numerator \\ divisor) + 1
      : (modes == 2 ? (numerator \\ divisor) - 1 : (modes == 3 ? numerator / divisor : numerator \\ divisor));`,
  ],
  ['signal remainder <-- numerator % divisor;', 'signal remainder <-- numerator - score * divisor;'],
];
