import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVIDENCE_MAX, NEVER, WEIGHT_ONE } from '../../src/reputation/constants.ts';
import { currentAttestations, evidenceBySubject, mergeRecords } from '../../src/reputation/evidence.ts';
import { packRecord, unpackRecord } from '../../src/reputation/record.ts';
import type { Attestation } from '../../src/reputation/rows.ts';
import { scoreOf } from '../../src/reputation/score.ts';
import { runs } from '../helpers/scale.ts';
import { AS_OF, attestations, rating, recordFields, seeded } from './arbitrary.ts';

function recordsBySubject(rows: Attestation[]): Record<string, string[]> {
  const { attestations: current } = currentAttestations(rows, AS_OF);
  return Object.fromEntries(
    evidenceBySubject(current).subjects.map(({ subject, records }) => [subject, records.map(String)]),
  );
}

describe('which attestations count', () => {
  it('drops those about oneself and from after asOf, and counts them', () => {
    const rows = [
      rating('a', 'a', 5),
      rating('a', 'b', 5, -1),
      rating('a', 'b', 4, 0),
      { ...rating('c', 'b', 3), createdAtMs: AS_OF * 1000 + 999 },
    ];
    const { attestations: current, dropped } = currentAttestations(rows, AS_OF);
    expect(dropped).toEqual({ self: 1, future: 1, superseded: 0 });
    expect(current.map(({ positive }) => positive)).toEqual([400, 300]);
  });

  it('keeps the newest per source, target and type; of two from one moment the later row', () => {
    const rows = [
      rating('a', 'b', 1, 5),
      rating('a', 'b', 2, 9),
      rating('a', 'b', 3, 5),
      rating('a', 'c', 4, 5),
      { ...rating('a', 'b', 5, 50), type: 'trust' },
    ];
    const { attestations: current, dropped } = currentAttestations(rows, AS_OF);
    expect(current.map(({ positive }) => positive).sort()).toEqual([300, 400, 500]);
    expect(dropped.superseded).toBe(2);
  });

  it('lets a newer attestation replace an older one even when the newer has expired', () => {
    const rows = [rating('a', 'b', 1, 9), { ...rating('a', 'b', 2, 5), expiresAt: AS_OF }];
    const { subjects } = evidenceBySubject(currentAttestations(rows, AS_OF).attestations);
    expect(subjects[0]!.records.map(unpackRecord)).toMatchObject([{ positive: 200, expiresAt: AS_OF }]);
    expect(scoreOf(subjects[0]!.records, AS_OF, 500_000).scorePpm).toBe(500_000);
  });

  it('equals a naive reading of the rules', () => {
    fc.assert(
      fc.property(attestations(4, 60), (rows) => {
        const expected: Record<string, string[]> = {};
        rows.forEach((row, at) => {
          const late = (one: Attestation) => Math.floor(one.createdAtMs / 1000) > AS_OF;
          if (row.source === row.target || late(row)) return;
          const beaten = rows.some(
            (other, otherAt) =>
              other.source === row.source &&
              other.target === row.target &&
              other.type === row.type &&
              !late(other) &&
              (other.createdAtMs > row.createdAtMs ||
                (other.createdAtMs === row.createdAtMs && otherAt > at)),
          );
          if (beaten) return;
          const record =
            BigInt(row.weight) +
            BigInt(row.positive) * 2n ** 16n +
            BigInt(row.negative) * 2n ** 48n +
            BigInt(row.expiresAt) * 2n ** 80n;
          expected[row.target] = [...(expected[row.target] ?? []), `${record}`];
        });
        // By number, not by text: shorter decimals come first.
        for (const list of Object.values(expected)) {
          list.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
        }
        expect(recordsBySubject(rows)).toEqual(expected);
      }),
      seeded(runs(200, 3000)),
    );
  });

  it('does not depend on the order of rows unless two are from one moment', () => {
    const distinct = attestations(4, 40).map((rows) =>
      rows.map((row, at) => ({ ...row, createdAtMs: AS_OF * 1000 - 7919 * at })),
    );
    fc.assert(
      fc.property(
        distinct.chain((rows) =>
          fc.tuple(
            fc.constant(rows),
            fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length }),
          ),
        ),
        ([rows, shuffled]) => {
          expect(recordsBySubject(shuffled)).toEqual(recordsBySubject(rows));
        },
      ),
      seeded(runs(200, 2000)),
    );
  });

  it('keeps sources beside their records', () => {
    const rows = [rating('z', 'b', 9), rating('a', 'b', -9), rating('m', 'b', 1)];
    const [subject] = evidenceBySubject(rows).subjects;
    const pairs = subject!.records.map((record, at) => [
      subject!.sources![at],
      unpackRecord(record).positive,
    ]);
    expect(Object.fromEntries(pairs)).toEqual({ z: 900, a: 0, m: 100 });
  });
});

describe('more than 1024 records', () => {
  const many = (count: number, change: (at: number) => Partial<Attestation> = () => ({})) =>
    Array.from({ length: count }, (_, at) => ({ ...rating(`s${at}`, 'b', 1 + (at % 10)), ...change(at) }));

  it('are left alone up to 1024', () => {
    const [subject] = evidenceBySubject(many(1024)).subjects;
    expect(subject!.records.length).toBe(1024);
    expect(subject!.sources!.length).toBe(1024);
  });

  it('are merged by weight and expiry, which changes no score', () => {
    const rows = many(1030, (at) => (at % 3 === 0 ? { weight: 1000 } : {}));
    const [subject] = evidenceBySubject(rows).subjects;
    expect(subject!.records.length).toBe(2);
    expect(subject!.sources).toBeUndefined();
    const unmerged = rows.map((row) => packRecord(row));
    expect(scoreOf(subject!.records, AS_OF, 1).scorePpm).toBe(scoreOf(unmerged, AS_OF, 1).scorePpm);
  });

  it('are refused for that subject alone when merging is not enough', () => {
    const rows = [...many(1030, (at) => ({ expiresAt: NEVER - at })), rating('x', 'c', 5)];
    const { subjects, refused } = evidenceBySubject(rows);
    expect(subjects.map(({ subject }) => subject)).toEqual(['c']);
    expect(refused).toEqual([{ subject: 'b', records: 1030 }]);
  });

  it('keep all evidence in as few records as hold it, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(recordFields, { minLength: 1, maxLength: 40 }), (fields) => {
        const records = fields.map((one) => packRecord({ ...one, weight: one.weight % 2 }));
        const merged = mergeRecords(records);
        const total = (list: bigint[]) => {
          const { positive, negative, alive } = scoreOf(list, 0, 0);
          return { positive, negative, any: alive > 0 };
        };
        expect(total(merged)).toEqual(total(records));
        expect(merged.length).toBeLessThanOrEqual(records.length);
        expect(mergeRecords([...records].reverse())).toEqual(merged);
        expect(mergeRecords(merged)).toEqual(merged);
      }),
      seeded(runs(200, 2000)),
    );
    const full = packRecord({
      weight: WEIGHT_ONE,
      positive: EVIDENCE_MAX,
      negative: 1,
      expiresAt: NEVER,
    });
    expect(mergeRecords([full, full, full]).map((one) => unpackRecord(one).negative)).toEqual([0, 0, 3]);
  });
});
