// Exported CSV reads back to the same text, and no cell of it runs as a formula.
import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { toCsv } from '../../src/core/csv.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''));
const risky = fc
  .tuple(fc.constantFrom('=', '+', '-', '@', '\t=', ' =', '\r', '＝', '|'), text)
  .map((parts) => parts.join(''));

test('what is written is what a CSV reader reads, but for the quote before a formula', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(text, risky), fc.oneof(text, risky)), { maxLength: 8 }),
      (rows) => {
        const parsed = Papa.parse<string[]>(toCsv(['a', 'b'], rows), {
          skipEmptyLines: false,
          newline: '\r\n',
        });
        expect(parsed.data.slice(0, -1)).toHaveLength(rows.length + 1);
        rows.forEach((row, i) => {
          row.forEach((value, j) => {
            const cell = parsed.data[i + 1]![j]!;
            expect(cell === value || cell === `'${value}`).toBe(true);
          });
        });
      },
    ),
    { seed: testSeed, numRuns: runs(300, 5_000) },
  );
});

test('no cell begins like a formula', () => {
  fc.assert(
    fc.property(risky, (value) => {
      expect(toCsv(['a'], [[value]]).slice(5)).toMatch(/^"'/);
    }),
    { seed: testSeed, numRuns: runs(300, 5_000) },
  );
  // Left out of what is written, and so no cover for what stands behind it.
  expect(toCsv(['a'], [['\0=1+1'], ['\0 \0@x']])).toBe('"a"\r\n"\'=1+1"\r\n"\' @x"\r\n');
  expect(toCsv(['a'], [['=HYPERLINK("http://x")']])).toBe('"a"\r\n"\'=HYPERLINK(""http://x"")"\r\n');
});

test('numbers are written plainly', () => {
  expect(toCsv(['n'], [[-5]])).toBe('"n"\r\n"-5"\r\n');
});
