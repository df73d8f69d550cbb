import { LeanIMT } from '@zk-kit/lean-imt';
import fc from 'fast-check';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import { poseidon5 } from 'poseidon-lite/poseidon5';
import { describe, expect, it } from 'vitest';
import { EVIDENCE_MAX, NEVER, WEIGHT_ONE } from '../../src/reputation/constants.ts';
import { digestOf, leafOf, packRecord, RECORD_BITS, unpackRecord } from '../../src/reputation/record.ts';
import { issuersByWeight, scoreOf } from '../../src/reputation/score.ts';
import { buildTree, rootFromProof, rootOf, treeProof } from '../../src/reputation/tree.ts';
import { makePacer } from '../../src/reputation/work.ts';
import { runs } from '../helpers/scale.ts';
import { AS_OF, recordFields, seeded } from './arbitrary.ts';

const records = fc.array(recordFields, { maxLength: 40 }).map((fields) => fields.map(packRecord));

describe('records', () => {
  it('pack into 120 bits and back', () => {
    fc.assert(
      fc.property(recordFields, (fields) => {
        const record = packRecord(fields);
        expect(record >> RECORD_BITS).toBe(0n);
        expect(unpackRecord(record)).toEqual(fields);
      }),
      seeded(runs(300, 5000)),
    );
    const largest = { weight: WEIGHT_ONE, positive: EVIDENCE_MAX, negative: EVIDENCE_MAX, expiresAt: NEVER };
    expect(packRecord(largest)).toBe(2n ** 120n - 1n);
  });
});

/** The fold as the circuit of size N does it: all N / 8 groups, those past ⌈count/8⌉ switched off. */
function foldAtSize(list: bigint[], size: number): bigint {
  const padded = [...list, ...new Array<bigint>(size - list.length).fill(0n)];
  let digest = 0n;
  for (let group = 0; group < size / 8; group++) {
    const at = (k: number) => padded[group * 8 + k]!;
    const words = [0, 2, 4, 6].map((k) => at(k) + at(k + 1) * 2n ** 120n);
    const flag = group < Math.ceil(list.length / 8);
    digest = flag ? poseidon5([digest, ...words]) : digest;
  }
  return digest;
}

describe('digest and leaf', () => {
  it('do not depend on the size of the circuit', () => {
    fc.assert(
      fc.property(records, (list) => {
        const digest = digestOf(list);
        expect(foldAtSize(list, 64)).toBe(digest);
        expect(foldAtSize(list, 256)).toBe(digest);
        expect(leafOf(7n, list)).toBe(poseidon3([7n, digest, BigInt(list.length)]));
      }),
      seeded(runs(25, 300)),
    );
  });

  it('is 0 for no records, and differs for any change of one', () => {
    expect(digestOf([])).toBe(0n);
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n ** 120n - 1n), { minLength: 2, maxLength: 12 }), (list) => {
        const digest = digestOf(list);
        expect(digestOf(list.slice(1))).not.toBe(digest);
        expect(digestOf([list[0]! ^ 1n, ...list.slice(1)])).not.toBe(digest);
        const swapped = [list[1]!, list[0]!, ...list.slice(2)];
        if (list[0] !== list[1]) expect(digestOf(swapped)).not.toBe(digest);
      }),
      seeded(runs(15, 100)),
    );
    // A last record of nothing changes the count and so the leaf, though not the digest.
    expect(digestOf([5n, 0n])).toBe(digestOf([5n]));
    expect(leafOf(1n, [5n, 0n])).not.toBe(leafOf(1n, [5n]));
  });
});

describe('score', () => {
  it('equals a naive one, is within 0…10⁶, and its opinion adds up to 1', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 1_000_000 }), (list, baseRatePpm) => {
        let r = 0n;
        let s = 0n;
        for (const record of list) {
          if (record / 2n ** 80n <= BigInt(AS_OF)) continue;
          const weight = record % 2n ** 16n;
          r += weight * ((record / 2n ** 16n) % 2n ** 32n);
          s += weight * ((record / 2n ** 48n) % 2n ** 32n);
        }
        const w = 131_070_000n;
        const { scorePpm, positive, negative, opinion } = scoreOf(list, AS_OF, baseRatePpm);
        expect([positive, negative]).toEqual([r, s]);
        expect(BigInt(scorePpm)).toBe((1_000_000n * r + BigInt(baseRatePpm) * w) / (r + s + w));
        expect(scorePpm).toBeGreaterThanOrEqual(0);
        expect(scorePpm).toBeLessThanOrEqual(1_000_000);
        expect(opinion.belief + opinion.disbelief + opinion.uncertainty).toBeCloseTo(1, 12);
        // The probability that the dial shows: b + a·u.
        expect(scorePpm / 1e6).toBeCloseTo(opinion.belief + (baseRatePpm / 1e6) * opinion.uncertainty, 5);
      }),
      seeded(runs(300, 5000)),
    );
  });

  it('is the base rate without living evidence, whichever it is', () => {
    const expired = packRecord({ weight: WEIGHT_ONE, positive: 9, negative: 9, expiresAt: AS_OF });
    for (const baseRatePpm of [0, 1, 333_333, 500_000, 1_000_000]) {
      expect(scoreOf([], AS_OF, baseRatePpm).scorePpm).toBe(baseRatePpm);
      expect(scoreOf([expired], AS_OF, baseRatePpm)).toMatchObject({ scorePpm: baseRatePpm, alive: 0 });
    }
    expect(scoreOf([expired], AS_OF - 1, 500_000).alive).toBe(1);
  });

  it('does not depend on the order of records', () => {
    fc.assert(
      fc.property(records, (list) => {
        expect(scoreOf([...list].reverse(), AS_OF, 123)).toEqual(scoreOf(list, AS_OF, 123));
      }),
      seeded(runs(100, 1000)),
    );
  });

  it('lists issuers by their share of the living evidence', () => {
    const record = (positive: number, weight = WEIGHT_ONE, expiresAt = NEVER) =>
      packRecord({ weight, positive, negative: 0, expiresAt });
    const list = [record(100), record(200), record(900, 0), record(5000, WEIGHT_ONE, AS_OF), record(100)];
    const issuers = issuersByWeight(list, ['a', 'b', 'c', 'd', 'a'], AS_OF);
    expect(issuers.map(({ source, share }) => [source, share])).toEqual([
      ['a', 0.5],
      ['b', 0.5],
      ['c', 0],
    ]);
  });
});

describe('tree', () => {
  it('is a LeanIMT: same root, same proofs, for every number of leaves to 70', async () => {
    const leaves: bigint[] = [];
    for (let size = 1; size <= runs(40, 70); size++) {
      leaves.push(BigInt(size * size + 7));
      const reference = new LeanIMT<bigint>((a, b) => poseidon2([a, b]), leaves);
      const levels = await buildTree(leaves, makePacer());
      expect(rootOf(levels)).toBe(reference.root);
      const positions = [0, size - 1, size >> 1];
      for (const position of positions) {
        const { index, siblings } = reference.generateProof(position);
        expect(treeProof(levels, position)).toEqual({ index, siblings });
        expect(rootFromProof(leaves[position]!, { index, siblings })).toBe(reference.root);
      }
    }
  });
});
