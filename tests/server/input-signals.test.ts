// Inputs in messages and in REST bodies: taken and refused as their documented schemas say, at the price of reading them.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { CLIENT_TEXT_LIMITS, parseBoundedJson } from '../../src/core/wire/limits.ts';
import { InputSchema } from '../../src/core/wire/messages.ts';
import { parseAs, parseClientMessage } from '../../src/core/wire/parse.ts';
import { GenerateSchema } from '../../worker-server/api/schemas.ts';
import { runs, testSeed } from '../helpers/scale.ts';

/** The schemas as plain valibot, which the walk stands for. */
const name = v.pipe(v.string(), v.regex(/^[A-Za-z_$][\w$]{0,127}$/));
const text = v.pipe(v.string(), v.maxLength(80));
const anyDepth: v.GenericSchema = v.union([text, v.array(v.lazy(() => anyDepth))]);
const value = v.union([text, v.pipe(v.number(), v.safeInteger())]);
const list = v.array(v.union([value, v.array(v.union([value, v.array(v.union([value, v.array(value)]))]))]));
const plain = {
  message: v.record(name, anyDepth),
  rest: v.record(name, v.union([value, list])),
};
const walking = { message: InputSchema, rest: GenerateSchema.entries.input.wrapped };

function outcome(schema: v.GenericSchema, input: unknown): { where: string } | { input: unknown } {
  try {
    return { input: parseAs(schema, input) };
  } catch (thrown) {
    const { code, where = '' } = thrown as GnomonError;
    expect([thrown instanceof GnomonError, code]).toEqual([true, 'protocol.shape']);
    return { where };
  }
}

const leaf = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('', '1', 'x'.repeat(80)) },
  { weight: 6, arbitrary: fc.integer() },
  fc.constantFrom<unknown>('x'.repeat(81), 0.5, 2 ** 53, null, true, {}, { a: '1' }),
);
const { signal } = fc.letrec<{ signal: unknown }>((tie) => ({
  signal: fc.oneof({ maxDepth: 6, depthSize: 'medium' }, leaf, fc.array(tie('signal'), { maxLength: 3 })),
}));
const names = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('a', 'b_1', '$c', 'n'.repeat(128)) },
  fc.constantFrom('', '1a', 'a b', 'n'.repeat(129), 'a.b', 'é'),
);

describe('input signals', () => {
  it.each(['message', 'rest'] as const)('of a %s are taken and refused as the schema says', (kind) => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.dictionary(names, signal, { maxKeys: 3, noNullPrototype: true }), (input) => {
        const [expected, found] = [outcome(plain[kind], input), outcome(walking[kind], input)];
        if ('where' in expected && 'where' in found) {
          // At least as near to the mistake.
          expect(found.where.startsWith(expected.where)).toBe(true);
          seen.refused++;
        } else {
          expect(found).toEqual(expected);
          seen.taken++;
        }
      }),
      { numRuns: runs(1_000, 50_000), seed: testSeed },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(100);
  });

  it('are refused by the very place and what belongs there, and never by what every object has', () => {
    const refusal = (schema: v.GenericSchema, input: unknown): GnomonError => {
      try {
        parseAs(schema, input);
      } catch (thrown) {
        return thrown as GnomonError;
      }
      throw new Error('It was taken.');
    };
    const at = refusal(InputSchema, { a: '1', b: ['1', ['2', 7]] });
    expect([at.where, at.message]).toEqual([
      'b[1][1]',
      '"b[1][1]" is not what belongs there: expected (string | Array).',
    ]);
    const deep = refusal(walking.rest, { a: [[[[['1']]]]] });
    expect([deep.where, deep.message]).toEqual([
      'a[0][0][0][0]',
      '"a[0][0][0][0]" is not what belongs there: expected (string | number).',
    ]);
    expect(refusal(GenerateSchema, { input: { a: [0.5] } }).where).toBe('input.a[0]');
    expect(refusal(GenerateSchema, { input: [] }).where).toBe('input');
    const named = (count: number) => ({
      input: Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, 1])),
    });
    expect(parseAs(GenerateSchema, named(4_096))).toEqual(named(4_096));
    const many = refusal(GenerateSchema, named(4_097));
    expect([many.where, many.message]).toEqual([
      'input',
      '"input" is not what belongs there: expected at most 4096 signals.',
    ]);
    for (const hostile of ['__proto__', 'constructor', 'prototype']) {
      const input: unknown = JSON.parse(`{"${hostile}":"1"}`);
      expect(refusal(InputSchema, input).where).toBe(hostile);
    }
  });
});

describe('the price of an input', () => {
  /** How many readings of the text it is: by turns, and the best of each, since whatever else the machine does only adds. */
  function readingsOf(text: string, work: () => unknown): number {
    const best = { work: Number.POSITIVE_INFINITY, reading: Number.POSITIVE_INFINITY };
    const clocked = (which: keyof typeof best, call: () => unknown) => {
      const startedAt = performance.now();
      call();
      best[which] = Math.min(best[which], performance.now() - startedAt);
    };
    for (let at = 0; at < 5; at++) {
      clocked('reading', () => JSON.parse(text));
      clocked('work', work);
    }
    return best.work / best.reading;
  }
  const many = (count: number, one: string) => Array.from({ length: count }, () => one).join();
  const worst = { lists: '[["1"]]', nested: '[[["1"]]]', 'empty lists': '[]' };

  it.each(Object.entries(worst))('of many %s is that of a few readings of its text', (_, one) => {
    // As many as limits let in; walked through schema by schema it was 9 to 34.
    const values = one.split(/[[,]/).length;
    const body = `{"circuit":"x","input":{"a":[${many(Math.floor(390_000 / values), one)}]}}`;
    const limits = { maxBytes: body.length, maxDepth: 12, maxValues: 400_000 };
    const rest = readingsOf(body, () => parseAs(GenerateSchema, parseBoundedJson(body, limits)));
    expect(rest).toBeLessThan(6);
    const count = Math.floor(Math.min(19_000 / values, 250_000 / (one.length + 1)));
    const input = `"input":{"a":[${many(count, one)}]}`;
    const message = `{"type":"submit","jobId":"j","circuit":"${'a'.repeat(64)}",${input}}`;
    expect(message.length).toBeLessThan(CLIENT_TEXT_LIMITS.maxBytes);
    expect(readingsOf(message, () => parseClientMessage(message))).toBeLessThan(6);
  });
});
