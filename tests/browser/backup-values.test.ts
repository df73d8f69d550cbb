// What IndexedDB keeps, through a backup's JSON and back: nothing is lost, rounded or taken for something else.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/browser/backup-values.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((given) => Uint8Array.from(given));
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.bigInt(),
    bytes,
    bytes.map((given) => given.buffer),
    fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((list) => BigUint64Array.from(list)),
    fc.array(fc.double({ noNaN: true })).map((list) => Float64Array.from(list)),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('$')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(fc.string(), { maxLength: 3 }).map((list) => new Set(list)),
  ),
})).value;

it('come back as they were', () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(fromPlain(JSON.parse(JSON.stringify(toPlain(given))))).toEqual(given);
    }),
    { numRuns: runs(500, 10_000), seed: testSeed },
  );
});

it('that cannot be written are refused, not left out', () => {
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Symbol('x'), () => 1, new WeakMap()]) {
    expect(() => toPlain({ odd })).toThrow(/cannot be put into a backup/);
  }
});
