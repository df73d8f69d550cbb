// What a cheat could try against reputation(16), each with the check that stops it: taken out of the source
// by `bug`, the same attack satisfies every remaining constraint (planted-bugs.test.ts).

import { poseidon2 } from 'poseidon-lite';
import type { ReputationInput } from '../../circuits/signals.ts';
import {
  type Claim,
  type EvidenceRecord,
  identityOf,
  inputOf,
  leafOf,
  NOTHING,
  scoreOf,
  signals,
} from '../helpers/circuits-claims.ts';
import type { Patch } from '../helpers/circuits-variants.ts';
import type { Signals } from '../helpers/circuits-witness.ts';

export interface Attack {
  name: string;
  signals: Signals;
  /** The smallest change to the circuit that lets it through; none where two checks overlap or only a hash
   * stands in the way. */
  bug?: readonly Patch[];
  /** Needs the dishonest hints of forged-hints.ts. */
  forgedHints?: boolean;
}

const NOW = 1_700_000_000n;
const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

const record = (
  weight: bigint,
  positive: bigint,
  negative: bigint,
  expiresAt = NOW + 1_000n,
): EvidenceRecord => ({
  weight,
  positive,
  negative,
  expiresAt,
});

/** Eleven records of which one is expired: two groups, the second with spare places. */
export const base: Claim = {
  size: 16,
  identity: identityOf('an honest claimant'),
  records: [
    record(40_000n, 700n, 100n),
    record(65_535n, 1n, 900n),
    record(30_000n, 5_000n, 20n, NOW), // expires at this very second: dead
    ...Array.from({ length: 8 }, (_, i) => record(20_000n + BigInt(i), 300n + BigInt(i), 200n)),
  ],
  others: Array.from({ length: 12 }, (_, i) => BigInt(1_000 + i)),
  position: 5,
  scope: 123_456n,
  message: 654_321n,
  asOf: NOW,
  baseRate: 500_000n,
};
/** Five records: the second group is bound by nothing. */
const few: Claim = { ...base, records: base.records.slice(0, 5) };

/** The honest input of `claim` but with other records in the same places, and the score that they make. */
function withRecords(
  claim: Claim,
  records: EvidenceRecord[],
  changes: Partial<ReputationInput> = {},
): Signals {
  const score = scoreOf(records, changes.asOf ?? claim.asOf, changes.baseRate ?? claim.baseRate);
  const { weight, positive, negative, expiresAt } = inputOf({ ...claim, records });
  return signals(inputOf(claim, score, score), { weight, positive, negative, expiresAt, ...changes });
}

const replaced = (claim: Claim, at: number, change: Partial<EvidenceRecord>) =>
  claim.records.map((old, i) => (i === at ? { ...old, ...change } : old));

const honest = inputOf(base);
const { records } = base;
const score = honest.lower;
const anyone = { lower: 0n, upper: 1_000_000n };

const swapped = [...records];
[swapped[0], swapped[1]] = [records[1]!, records[0]!];

const expiredCounted = scoreOf(
  records.map((old) => ({ ...old, expiresAt: NOW + 1n })),
  NOW,
  base.baseRate,
);

/** A tree of one leaf with an impossible count: what a dishonest publisher would have to publish. */
function alone(claim: Claim, count: bigint): Signals {
  const { identity, records: all, size } = claim;
  const root = leafOf(identity.commitment, all, Number(count), size / 8);
  return signals(inputOf(claim), { root, count, depth: 0n, index: 0n, siblings: new Array(24).fill(0n) });
}

const sixteen: Claim = {
  ...base,
  records: Array.from({ length: 16 }, (_, i) => record(1_000n, BigInt(i), 1n)),
};
const otherScalar = identityOf('somebody else').secretScalar;
const secretTwice = base.identity.secretScalar + SUBGROUP_ORDER;
const range = (signal: string, call: string): readonly Patch[] => [
  [`    ${call};\n`, `    _ <== ${signal};\n`],
];
const noBits = (bits: number, signal: string) => range(signal, `Fits(${bits})(${signal})`);

export const attacks: Attack[] = [
  // Evidence other than the leaf's.
  { name: 'a record changed', signals: withRecords(base, replaced(base, 0, { positive: 900n })) },
  { name: 'a record dropped, count kept', signals: withRecords(base, records.slice(0, 10)) },
  {
    name: 'a record dropped, count too',
    signals: withRecords(base, records.slice(0, 10), { count: 10n }),
  },
  { name: 'a record added in a spare place', signals: withRecords(base, [...records, record(1n, 1n, 0n)]) },
  {
    name: 'a record added, count too',
    signals: withRecords(base, [...records, record(1n, 1n, 0n)], { count: 12n }),
  },
  { name: 'records reordered', signals: withRecords(base, swapped) },
  {
    name: 'records moved to the other group',
    signals: withRecords(base, [...records.slice(8), ...records.slice(0, 8)]),
  },
  {
    name: 'praise smuggled past the last group',
    signals: withRecords(few, [...few.records, NOTHING, NOTHING, NOTHING, record(65_535n, 9_999_999n, 0n)]),
    bug: [['(1 - isUsed[g]) * sumWeights === 0;', '']],
  },
  {
    name: 'expired evidence counted',
    signals: signals(honest, { lower: expiredCounted, upper: expiredCounted }),
    bug: [['isAlive <== LessThan(40)([asOf, expiresAt]);', 'isAlive <== LessEqThan(40)([asOf, expiresAt]);']],
  },
  {
    name: 'a count that hides the second group',
    signals: withRecords(base, records.slice(0, 8), { count: 8n }),
  },

  // Identity and membership.
  {
    name: 'another secret',
    signals: signals(honest, { secret: otherScalar, nullifier: poseidon2([base.scope, otherScalar]) }),
  },
  {
    name: 'another nullifier',
    signals: signals(honest, { nullifier: honest.nullifier + 1n }),
    bug: [['nullifier === ownNullifier;', '']],
  },
  {
    name: 'a nullifier of another scope',
    signals: signals(honest, { nullifier: poseidon2([base.scope + 1n, base.identity.secretScalar]) }),
  },
  {
    name: 'a second secret of the same identity',
    signals: signals(honest, { secret: secretTwice, nullifier: poseidon2([base.scope, secretTwice]) }),
    bug: [
      ['isCanonical === 1;', ''],
      ['    Fits(251)(secret);\n', ''],
    ],
  },
  {
    name: 'a secret equal to the order (zero once more)',
    signals: signals(honest, { secret: SUBGROUP_ORDER, nullifier: poseidon2([base.scope, SUBGROUP_ORDER]) }),
  },
  {
    name: 'another root',
    signals: signals(honest, { root: honest.root + 1n }),
    bug: [['root === ownRoot;', '']],
  },
  { name: 'another index', signals: signals(honest, { index: honest.index ^ 1n }) },
  { name: 'an index of 25 bits', signals: signals(honest, { index: honest.index + 2n ** 24n }) },
  {
    name: 'another sibling',
    signals: signals(honest, { siblings: honest.siblings.map((s, i) => (i === 1 ? s + 1n : s)) }),
  },
  { name: 'one level less', signals: signals(honest, { depth: honest.depth - 1n }) },
  { name: 'one level more', signals: signals(honest, { depth: honest.depth + 1n }) },
  {
    name: 'depth 25 and root 0',
    signals: signals(honest, { depth: 25n, root: 0n }),
    bug: [
      ['AtMost(5, DEPTH)(depth);', ''],
      ['isRootZero === 0;', ''],
    ],
  },
  {
    name: 'depth −1 and root 0',
    signals: signals(honest, { depth: -1n, root: 0n }),
    bug: [
      ['AtMost(5, DEPTH)(depth);', ''],
      ['isRootZero === 0;', ''],
    ],
  },

  // The claim's bounds.
  {
    name: 'lower above the score',
    signals: signals(honest, { lower: score + 1n, upper: 1_000_000n }),
    bug: [['Ordered(PPM_BITS)(lower, score);', '']],
  },
  {
    name: 'upper below the score',
    signals: signals(honest, { lower: 0n, upper: score - 1n }),
    bug: [['Ordered(PPM_BITS)(score, upper);', '']],
  },
  { name: 'an exact score one too high', signals: signals(honest, { lower: score + 1n, upper: score + 1n }) },
  { name: 'an exact score one too low', signals: signals(honest, { lower: score - 1n, upper: score - 1n }) },
  {
    name: 'lower of −1',
    signals: signals(honest, { ...anyone, lower: -1n }),
    bug: range('lower', 'AtMost(PPM_BITS, 1000000)(lower)'),
  },
  {
    name: 'upper of 10⁶ + 1',
    signals: signals(honest, { ...anyone, upper: 1_000_001n }),
    bug: range('upper', 'AtMost(PPM_BITS, 1000000)(upper)'),
  },
  { name: 'upper of 2²⁰', signals: signals(honest, { ...anyone, upper: 2n ** 20n }) },
  { name: 'upper of −1', signals: signals(honest, { ...anyone, upper: -1n }) },
  {
    name: 'a base rate of 10⁶ + 1',
    signals: signals(inputOf({ ...base, baseRate: 1_000_001n })),
    bug: range('baseRate', 'AtMost(PPM_BITS, 1000000)(baseRate)'),
  },
  { name: 'a base rate of −1', signals: signals(honest, { ...anyone, baseRate: -1n }) },
  ...[1n, 2n, 3n].map((mode): Attack => {
    const claim = { ...base, baseRate: 500_000n + mode };
    const exact = scoreOf(records, NOW, claim.baseRate);
    const told = exact + (mode === 1n ? 1n : mode === 2n ? -1n : 0n);
    const name = [
      'a score one too high, remainder negative',
      'a score one too low, remainder beyond the divisor',
      'a score that is a quotient in the field',
    ][Number(mode) - 1]!;
    const removed: readonly Patch[] = [
      mode === 1n ? ['    Fits(60)(remainder);\n', ''] : ['    isRemainder === 1;\n', ''],
    ];
    return {
      name,
      signals: signals(inputOf(claim, told, told)),
      forgedHints: true,
      ...(mode === 3n ? {} : { bug: removed }),
    };
  }),

  // One past every range, with the leaf kept where another decomposition of it exists.
  {
    name: 'a weight of 17 bits, borrowed from positive',
    signals: withRecords(base, replaced(base, 0, { weight: 40_000n + 2n ** 16n, positive: 699n })),
    bug: noBits(16, 'weight'),
  },
  {
    name: 'a positive of 33 bits, borrowed from negative',
    signals: withRecords(base, replaced(base, 0, { positive: 700n + 2n ** 32n, negative: 99n })),
    bug: noBits(32, 'positive'),
  },
  {
    name: 'a negative of 33 bits, borrowed from the expiry',
    signals: withRecords(base, replaced(base, 0, { negative: 100n + 2n ** 32n, expiresAt: NOW + 999n })),
    bug: noBits(32, 'negative'),
  },
  {
    name: 'an expiry of 41 bits, borrowed from the next weight, wakes an expired record',
    signals: (() => {
      const changed = replaced(base, 2, { expiresAt: NOW + 2n ** 40n }).map((old, i) =>
        i === 3 ? { ...old, weight: old.weight - 1n } : old,
      );
      return withRecords(base, changed);
    })(),
    bug: noBits(40, 'expiresAt'),
  },
  { name: 'a weight of −1', signals: withRecords(base, replaced(base, 0, { weight: -1n })) },
  {
    name: 'asOf of −1 wakes every record',
    signals: signals(inputOf({ ...base, asOf: -1n })),
    bug: noBits(40, 'asOf'),
  },
  { name: 'asOf of 2⁴⁰', signals: signals(inputOf({ ...base, asOf: 2n ** 40n })) },
  {
    name: 'one record more than fit',
    signals: alone(sixteen, 17n),
    bug: range('count', 'AtMost(COUNT_BITS, N)(count)'),
  },
  {
    name: 'a count of 2¹¹',
    signals: alone(sixteen, 2n ** 11n),
  },
  { name: 'a count of −1', signals: signals(honest, { count: -1n }) },
];
