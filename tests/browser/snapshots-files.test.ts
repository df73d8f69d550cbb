// The zip of bundles and the progress of a publication.
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { makeOverallProgress, type SnapshotStage } from '../../src/browser/snapshot-progress.ts';
import { safeFileName, ZIP_FILES_MAX, zipBlob } from '../../src/browser/zip.ts';
import { runs, testSeed } from '../helpers/scale.ts';

test('a zip gives back every text under its name, and is the same for the same input', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ id: fc.string({ unit: 'grapheme', minLength: 1 }), text: fc.string() }), {
        selector: ({ id }) => id,
        maxLength: 12,
      }),
      async (files) => {
        const entries = files.map(({ id, text }, at) => ({ name: safeFileName(at, id, '.json'), text }));
        const bytes = await Promise.all(
          [1, 2].map(
            async () =>
              new Uint8Array(await (await zipBlob(entries, entries.length, () => {})).arrayBuffer()),
          ),
        );
        expect(bytes[0]).toEqual(bytes[1]);
        const back = unzipSync(bytes[0]!);
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        expect(Object.entries(back).map(([name, content]) => [name, decoder.decode(content)])).toEqual(
          entries.map(({ name, text }) => [name, text]),
        );
      },
    ),
    { seed: testSeed, numRuns: runs(30, 500) },
  );
});

test('no file name leaves the folder or clashes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(99_999), (id, number) => {
      const name = safeFileName(number, id, '.json');
      expect(name).toMatch(/^\d{5,}-[\p{L}\p{N}._-]{1,60}\.json$/u);
      expect(name).not.toContain('/');
    }),
    { seed: testSeed, numRuns: runs(300, 10_000) },
  );
  expect(safeFileName(7, '../../x', '.json')).toBe('00007-x.json');
});

test('more files than a zip can count are refused before any work', async () => {
  const none: never[] = [];
  await expect(zipBlob(none, ZIP_FILES_MAX + 1, () => {})).rejects.toMatchObject({
    code: 'input.too-many-for-zip',
  });
});

test('stopping in the middle ends the zip', async () => {
  const entries = [1, 2, 3].map((at) => ({ name: `${at}`, text: 'x' }));
  const stop = new Error('stop');
  const call = zipBlob(entries, 3, (done) => {
    if (done === 2) throw stop;
  });
  await expect(call).rejects.toBe(stop);
});

test('progress never falls, ends at 1, and is not told more often than asked', () => {
  const stages: SnapshotStage[] = ['reading', 'identities', 'digests', 'tree', 'saving'];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(10), fc.nat(30)), { maxLength: 60 }), (steps) => {
      let nowMs = 0;
      const told: { fraction: number; atMs: number; whole: boolean }[] = [];
      let whole = false;
      const report = makeOverallProgress(
        stages,
        ({ fraction }) => told.push({ fraction, atMs: nowMs, whole }),
        50,
        () => nowMs,
      );
      for (const [stage, done, waitMs] of steps) {
        nowMs += waitMs;
        whole = done === 10;
        report({ stage: stages[stage]!, done, total: 10 });
      }
      whole = true;
      report({ stage: 'saving', done: 1, total: 1 });
      const fractions = told.map(({ fraction }) => fraction);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.at(-1)).toBeCloseTo(1, 12);
      told.forEach((one, at) => {
        if (at > 0 && !one.whole) expect(one.atMs - told[at - 1]!.atMs).toBeGreaterThanOrEqual(50);
      });
    }),
    { seed: testSeed, numRuns: runs(200, 5_000) },
  );
});
