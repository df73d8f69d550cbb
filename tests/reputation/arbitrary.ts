// Random attestations and networks for the property tests, and one small network that most tests share.
import fc from 'fast-check';
import { EVIDENCE_MAX, NEVER, WEIGHT_ONE } from '../../src/reputation/constants.ts';
import { buildNetwork, type Network, type Terms } from '../../src/reputation/network.ts';
import type { RecordFields } from '../../src/reputation/record.ts';
import type { Attestation } from '../../src/reputation/rows.ts';
import { testSeed } from '../helpers/scale.ts';

export const AS_OF = 1_700_000_000;

/** For fc.assert. */
export function seeded(numRuns: number) {
  return { seed: testSeed, numRuns };
}

const u32 = fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: EVIDENCE_MAX }), fc.constant(EVIDENCE_MAX));
const u16 = fc.oneof(fc.integer({ min: 0, max: WEIGHT_ONE }), fc.constant(WEIGHT_ONE));
const expiresAt = fc.oneof(
  fc.constant(NEVER),
  fc.integer({ min: AS_OF - 3, max: AS_OF + 3 }),
  fc.integer({ min: 0, max: NEVER }),
);

export const recordFields: fc.Arbitrary<RecordFields> = fc.record({
  weight: u16,
  positive: u32,
  negative: u32,
  expiresAt,
});

export function attestations(people: number, maxLength: number): fc.Arbitrary<Attestation[]> {
  const person = fc.nat(people - 1).map((id) => `p${id}`);
  return fc.array(
    fc.record({
      source: person,
      target: person,
      type: fc.constantFrom('trust', 'work'),
      createdAtMs: fc.integer({ min: AS_OF * 1000 - 4000, max: AS_OF * 1000 + 2000 }),
      positive: u32,
      negative: u32,
      weight: u16,
      expiresAt,
    }),
    { maxLength },
  );
}

export const CIRCUITS: Terms['circuits'] = [16, 64, 256].map((capacity) => ({
  id: `reputation-${capacity}`,
  capacity,
  vkeySha256: capacity.toString(16).padStart(64, '0'),
}));

export const TERMS: Terms = {
  name: 'A test',
  issuer: 'tests',
  campaignId: 'test-1',
  challenge: 'ab'.repeat(32),
  asks: [
    { type: 'threshold', thresholdPpm: 600_000 },
    { type: 'exact' },
    { type: 'band', lowerPpm: 100_000, upperPpm: 650_000 },
    { type: 'membership' },
  ],
  circuits: CIRCUITS,
};

export function rating(source: string, target: string, points: number, secondsAgo = 10): Attestation {
  return {
    source,
    target,
    type: 'rating',
    createdAtMs: (AS_OF - secondsAgo) * 1000,
    positive: Math.max(points, 0) * 100,
    negative: Math.max(-points, 0) * 100,
    weight: WEIGHT_ONE,
    expiresAt: NEVER,
  };
}

/** Seven people in a ring of ratings; `p0` has 20 of them. A demo. */
export async function smallNetwork(): Promise<Network> {
  const rows = [1, 2, 3, 4, 5, 6].map((at) => rating(`p${at}`, `p${(at + 1) % 7}`, at % 2 === 0 ? -at : at));
  for (let at = 0; at < 19; at++) rows.push(rating(`q${at}`, 'p0', (at % 10) + 1));
  rows.push(rating('p6', 'p1', 10));
  return buildNetwork(rows, {
    asOf: AS_OF,
    baseRatePpm: 500_000,
    weights: { kind: 'uniform' },
    commitments: 'demo',
  });
}

/** The error that a call throws, as data; fails when it throws none. */
export async function refusal(
  call: () => unknown,
): Promise<{ code: string; message: string; where?: string }> {
  try {
    await call();
  } catch (error) {
    const { code, message, where } = error as { code: string; message: string; where?: string };
    return { code, message, ...(where === undefined ? {} : { where }) };
  }
  throw new Error('nothing was refused');
}
