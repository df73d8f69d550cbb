import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEVER, WEIGHT_ONE } from '../../src/reputation/constants.ts';
import { evidenceBySubject } from '../../src/reputation/evidence.ts';
import { unpackRecord } from '../../src/reputation/record.ts';
import type { Attestation } from '../../src/reputation/rows.ts';
import { FLOW_ROUNDS_MAX, flowTrust } from '../../src/reputation/weights.ts';
import { runs } from '../helpers/scale.ts';
import { AS_OF, attestations, rating, seeded } from './arbitrary.ts';

/** The rule read aloud: every person, every round, all in BigInt. */
function naiveTrust(rows: Attestation[], seeds: string[]): { trust: Map<string, bigint>; rounds: number } {
  const people = [...new Set([...rows.map(({ source }) => source), ...seeds])];
  let trust = new Map(people.map((id) => [id, 65_535n]));
  for (let round = 1; ; round++) {
    const next = new Map(
      people.map((id) => {
        if (seeds.includes(id)) return [id, 65_535n];
        let r = 0n;
        let s = 0n;
        for (const row of rows) {
          if (row.target !== id || AS_OF >= row.expiresAt) continue;
          const weight = (BigInt(row.weight) * trust.get(row.source)!) / 65_535n;
          r += weight * BigInt(row.positive);
          s += weight * BigInt(row.negative);
        }
        return [id, (65_535n * r) / (r + s + 131_070_000n)];
      }),
    );
    const settled = people.every((id) => next.get(id) === trust.get(id));
    trust = next;
    if (settled || round === FLOW_ROUNDS_MAX) return { trust, rounds: round };
  }
}

describe('flow-based weights', () => {
  it('equal a naive reading of the rule', async () => {
    await fc.assert(
      fc.asyncProperty(attestations(6, 40), fc.subarray(['p0', 'p1', 'stranger']), async (rows, seeds) => {
        const { trust, rounds } = await flowTrust(rows, seeds, AS_OF);
        const naive = naiveTrust(rows, seeds);
        expect(rounds).toBe(naive.rounds);
        expect(trust).toEqual(new Map([...naive.trust].map(([id, value]) => [id, Number(value)])));
      }),
      seeded(runs(100, 2000)),
    );
  });

  it('give nothing to unknown people, and follow trust from the seeds', async () => {
    const rows = [
      rating('seed', 'ann', 10),
      rating('seed', 'ann2', 10),
      rating('ann', 'bob', 10),
      rating('sybil1', 'sybil2', 10),
      rating('sybil2', 'sybil3', 10),
      rating('sybil3', 'bob', -10),
    ];
    const { trust, settled, rounds } = await flowTrust(rows, ['seed'], AS_OF);
    expect(settled).toBe(true);
    expect(rounds).toBeLessThan(8);
    expect(trust.get('seed')).toBe(WEIGHT_ONE);
    expect(trust.get('ann')).toBe(Math.floor(WEIGHT_ONE / 3));
    expect(['sybil1', 'sybil2', 'sybil3'].map((id) => trust.get(id))).toEqual([0, 0, 0]);
    const { subjects } = evidenceBySubject(rows, trust);
    const bob = subjects.find(({ subject }) => subject === 'bob')!;
    expect(bob.records.map((record) => unpackRecord(record).weight).sort()).toEqual([0, 21_845]);
  });

  it('scale a record’s weight to ⌊weight·trust/65535⌋ and keep records that weigh nothing', () => {
    fc.assert(
      fc.property(fc.nat(WEIGHT_ONE), fc.nat(WEIGHT_ONE), (weight, trust) => {
        const row = { ...rating('a', 'b', 5), weight };
        const [subject] = evidenceBySubject([row], new Map([['a', trust]])).subjects;
        const expected = (BigInt(weight) * BigInt(trust)) / 65_535n;
        expect(BigInt(unpackRecord(subject!.records[0]!).weight)).toBe(expected);
      }),
      seeded(runs(200, 5000)),
    );
  });

  it('ignore expired evidence, and stop after 64 rounds at the latest', async () => {
    const expired = [{ ...rating('seed', 'ann', 10), expiresAt: AS_OF }, rating('ann', 'seed', 1)];
    expect((await flowTrust(expired, ['seed'], AS_OF)).trust.get('ann')).toBe(0);
    // Praise that feeds on blame may swing for ever; the rounds are bounded all the same.
    const swing = [
      { ...rating('a', 'b', 0), positive: 4_000_000_000, expiresAt: NEVER },
      { ...rating('b', 'a', 0), negative: 4_000_000_000 },
      { ...rating('c', 'a', 0), positive: 4_000_000_000 },
      { ...rating('a', 'c', 0), positive: 4_000_000_000 },
    ];
    expect((await flowTrust(swing, [], AS_OF)).rounds).toBeLessThanOrEqual(FLOW_ROUNDS_MAX);
  });
});
