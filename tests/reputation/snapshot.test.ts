import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packRecord } from '../../src/reputation/record.ts';
import {
  buildSnapshot,
  readSnapshot,
  type SnapshotEntry,
  snapshotProof,
  writeSnapshot,
} from '../../src/reputation/snapshot.ts';
import type { WorkProgress } from '../../src/reputation/work.ts';
import { runs } from '../helpers/scale.ts';
import { AS_OF, recordFields, refusal, seeded } from './arbitrary.ts';

const people: fc.Arbitrary<SnapshotEntry[]> = fc.uniqueArray(
  fc.record({
    commitment: fc.bigInt(1n, 2n ** 253n),
    records: fc
      .array(recordFields, { maxLength: 10 })
      .map((list) => list.map(packRecord).sort((a, b) => (a < b ? -1 : 1))),
  }),
  { minLength: 1, maxLength: 9, selector: ({ commitment }) => commitment },
);

describe('snapshot', () => {
  it('has the same root in whatever order its people come, and survives being published', async () => {
    await fc.assert(
      fc.asyncProperty(people, async (entries) => {
        const snapshot = await buildSnapshot(entries, AS_OF);
        expect((await buildSnapshot([...entries].reverse(), AS_OF)).root).toBe(snapshot.root);
        const text = writeSnapshot(snapshot, true);
        expect(await readSnapshot(text)).toEqual({ snapshot, demo: true });
        expect(writeSnapshot((await readSnapshot(text)).snapshot, true)).toBe(text);
      }),
      seeded(runs(15, 200)),
    );
  });

  it('refuses a published file with anything changed, and says where', async () => {
    const record = (positive: number) =>
      packRecord({ weight: 1, positive, negative: 0, expiresAt: 2_000_000_000 });
    const snapshot = await buildSnapshot(
      [
        { commitment: 5n, records: [record(1), record(2)] },
        { commitment: 9n, records: [record(3)] },
        { commitment: 7n, records: [] },
      ],
      AS_OF,
    );
    const text = writeSnapshot(snapshot, false);
    const where = async (from: string, to: string) => {
      expect(text).toContain(from);
      return (await refusal(() => readSnapshot(text.replace(from, to)))).where;
    };
    expect(await where(`"${record(3)}"`, `"${record(4)}"`)).toBe('root');
    expect(await where(`"${record(1)}",`, '')).toBe('root');
    expect(await where(`"${record(1)}"`, `"${record(9)}"`)).toBe('entries.0.records');
    expect(await where('"commitment":"5"', '"commitment":"8"')).toBe('entries');
    expect(await where('"commitment":"5"', '"commitment":"05"')).toBe('entries.0.commitment');
    expect(await where('"commitment":"5"', '"commitment":"7"')).toBe('entries');
    expect(await where('"root":"', '"root":"1')).toBe('root');
    expect(await where('"demo":false', '"demo":"no"')).toBe('demo');
    expect(await where('"version":1', '"version":2')).toBe('version');
    expect(await where('"asOf":', '"extra":1,"asOf":')).toBe('extra');
    expect(await where(`"${record(3)}"`, `"${2n ** 120n}"`)).toBe('entries.2.records.0');
    expect(await where('[\n', '[\n!')).toBe('line 2, column 1');
  });

  it('refuses no people, and a commitment that appears twice', async () => {
    expect((await refusal(() => buildSnapshot([], AS_OF))).code).toBe('input.snapshot-size');
    const entry = { commitment: 5n, records: [] };
    expect((await refusal(() => buildSnapshot([entry, entry], AS_OF))).code).toBe(
      'input.duplicate-commitment',
    );
  });

  it('finds each commitment’s proof and no other', async () => {
    const entries = [3n, 1n, 2n].map((commitment) => ({ commitment, records: [] }));
    const snapshot = await buildSnapshot(entries, AS_OF);
    expect(snapshot.entries.map(({ commitment }) => commitment)).toEqual([1n, 2n, 3n]);
    expect(snapshotProof(snapshot, 3n)).toEqual({ index: 1, siblings: [snapshot.levels[1]![0]] });
    expect(snapshotProof(snapshot, 4n)).toBeUndefined();
  });

  it('counts its progress, never backwards within a stage, and can be cancelled midway', async () => {
    const entries = Array.from({ length: 300 }, (_, at) => ({
      commitment: BigInt(at + 1),
      records: [BigInt(at)],
    }));
    const seen: WorkProgress[] = [];
    await buildSnapshot(entries, AS_OF, { onProgress: (progress) => seen.push(progress) });
    for (const stage of ['digests', 'tree'] as const) {
      const done = seen.filter((one) => one.stage === stage).map((one) => one.done);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done.at(-1)).toBe(stage === 'tree' ? 299 : 300);
    }
    const cancel = new AbortController();
    const work = { signal: cancel.signal, onProgress: () => cancel.abort() };
    expect((await refusal(() => buildSnapshot(entries, AS_OF, work))).code).toBe('cancelled.by-person');
  });
});
