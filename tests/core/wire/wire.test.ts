// The wire protocol: what one side writes the other reads, and whatever else arrives is refused by name,
// cheaply, and without a word of its content.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../../src/core/errors.ts';
import { decodeFrame, encodeFrame, framesOf, makeAssembler } from '../../../src/core/wire/frames.ts';
import { CLIENT_TEXT_LIMITS, parseBoundedJson, utf8Bytes } from '../../../src/core/wire/limits.ts';
import {
  encodeClientMessage,
  encodeServerMessage,
  parseClientMessage,
  parseInputBytes,
  parseServerMessage,
  versionRefusal,
} from '../../../src/core/wire/parse.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { clientMessage, frame, jobId, serverMessage } from './arbitrary.ts';

const numRuns = runs(200, 20_000);
const CANARY = '918273645546372819';

function refusal(call: () => unknown): GnomonError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof GnomonError) return thrown;
    throw thrown;
  }
  throw new Error('It was taken.');
}

const submit = { type: 'submit', jobId: 'j', circuit: 'a'.repeat(64), input: { a: '1' } };
const parse = (value: unknown) => parseClientMessage(JSON.stringify(value));

describe('messages', () => {
  it('read as they were written, both ways', () => {
    fc.assert(
      fc.property(clientMessage, (message) => {
        const read = parseClientMessage(encodeClientMessage(message));
        expect(read).toEqual(message.type === 'submit' ? { priority: 1, ...message } : message);
      }),
      { numRuns, seed: testSeed },
    );
    fc.assert(
      fc.property(serverMessage, (message) => {
        expect(parseServerMessage(encodeServerMessage(message))).toEqual(message);
      }),
      { numRuns, seed: testSeed },
    );
  });

  it('are parsed or refused by a protocol error, whatever arrives', () => {
    const anything = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.json({ maxDepth: 8 }),
      fc.tuple(clientMessage, fc.string({ maxLength: 12 }), fc.json()).map(([message, key, value]) =>
        // A real message with one field put in or replaced.
        JSON.stringify({ ...message, [key]: JSON.parse(value) as unknown }),
      ),
      // A real message cut or with a letter changed.
      fc.tuple(clientMessage, fc.nat(), fc.string({ maxLength: 2 })).map(([message, at, letter]) => {
        const text = encodeClientMessage(message);
        const place = at % (text.length + 1);
        return text.slice(0, place) + letter + text.slice(place + 1);
      }),
    );
    for (const read of [parseClientMessage, parseServerMessage]) {
      fc.assert(
        fc.property(anything, (text) => {
          try {
            expect(typeof read(text).type).toBe('string');
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(GnomonError);
            expect((thrown as GnomonError).group).toBe('protocol');
            expect((thrown as GnomonError).nextStep).not.toBe('');
          }
        }),
        { numRuns, seed: testSeed },
      );
    }
  });

  it.each<[string, unknown, string, string | undefined]>([
    ['a word', 'hello', 'protocol.shape', undefined],
    ['a list', [], 'protocol.shape', undefined],
    ['no type', {}, 'protocol.unknown-type', 'type'],
    ['an inherited type', { type: 'toString' }, 'protocol.unknown-type', 'type'],
    ['a missing field', { type: 'cancel' }, 'protocol.shape', 'jobId'],
    ['an unknown field', { type: 'pong', extra: CANARY }, 'protocol.shape', 'extra'],
    ['an id with a space', { type: 'cancel', jobId: `${CANARY} 1` }, 'protocol.shape', 'jobId'],
    ['a circuit by name', { ...submit, circuit: 'reputation-16' }, 'protocol.shape', 'circuit'],
    ['no payload', { ...submit, input: undefined }, 'protocol.shape', undefined],
    ['two payloads', { ...submit, inputBytes: 5 }, 'protocol.shape', undefined],
    ['a number as signal', { ...submit, input: { a: Number(CANARY) } }, 'protocol.shape', 'input.a'],
    ['an object as signal', { ...submit, input: { a: [{}] } }, 'protocol.shape', undefined],
    ['a priority beyond', { ...submit, priority: 4 }, 'protocol.shape', 'priority'],
    ['no time at all', { ...submit, deadlineMs: 0 }, 'protocol.shape', 'deadlineMs'],
    ['a long signal', { ...submit, input: { a: CANARY.repeat(9) } }, 'protocol.shape', undefined],
  ])('refuse %s by name, without quoting it', (_, value, code, where) => {
    const error = refusal(() => parse(value));
    expect(error.code).toBe(code);
    if (where !== undefined) expect(error.where?.startsWith(where)).toBe(true);
    expect(JSON.stringify(error.toData())).not.toContain(CANARY.slice(0, 8));
  });

  it('never quote an input in an error, wherever it is wrong', () => {
    fc.assert(
      fc.property(
        clientMessage,
        fc.nat(),
        fc.constantFrom('"', '{', '0', ']', '\\'),
        (message, at, letter) => {
          const canary = { ...submit, jobId: 'id', input: { a: [CANARY, CANARY] } };
          const text = JSON.stringify(message.type === 'submit' ? { ...message, ...canary } : canary);
          const place = at % text.length;
          try {
            parseClientMessage(text.slice(0, place) + letter + text.slice(place + 1));
          } catch (thrown) {
            expect(JSON.stringify((thrown as GnomonError).toData())).not.toContain(CANARY.slice(0, 9));
          }
        },
      ),
      { numRuns, seed: testSeed },
    );
  });

  it('keep to their limits before anything is parsed', () => {
    const { maxBytes, maxDepth, maxValues } = CLIENT_TEXT_LIMITS;
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const list = (values: number) => `[${Array.from({ length: values }, () => '1').join(',')}]`;
    const limits = { maxBytes, maxDepth, maxValues };
    expect(parseBoundedJson(nested(maxDepth), limits)).toBeInstanceOf(Array);
    expect(refusal(() => parseBoundedJson(nested(maxDepth + 1), limits)).code).toBe('protocol.too-deep');
    expect(refusal(() => parseBoundedJson('['.repeat(maxBytes), limits)).code).toBe('protocol.too-deep');
    expect(parseBoundedJson(list(maxValues - 1), limits)).toHaveLength(maxValues - 1);
    expect(refusal(() => parseBoundedJson(list(maxValues + 1), limits)).code).toBe('protocol.too-many');
    expect(parseBoundedJson(`"${'a'.repeat(maxBytes - 2)}"`, limits)).toHaveLength(maxBytes - 2);
    expect(refusal(() => parseBoundedJson(`"${'é'.repeat(maxBytes / 2)}"`, limits)).code).toBe(
      'protocol.too-large',
    );
    // Brackets and commas in strings are letters.
    expect(parseBoundedJson(JSON.stringify('[,"\\'.repeat(9_000)), limits)).toBe('[,"\\'.repeat(9_000));
  });

  it('count UTF-8 bytes as the encoder does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
      }),
      { numRuns, seed: testSeed },
    );
  });

  it('drop what a newer server adds, and name a type that is not known', () => {
    const ping = { type: 'ping', data: { capacity: { slots: 1, busy: 0, queued: 0, more: 1 }, new: true } };
    expect(parseServerMessage(JSON.stringify(ping))).toEqual({
      type: 'ping',
      data: { capacity: { slots: 1, busy: 0, queued: 0 } },
    });
    expect(refusal(() => parseServerMessage('{"type":"news","data":{}}')).code).toBe('protocol.unknown-type');
  });

  it('say which side to update when versions differ', () => {
    expect(versionRefusal(0).nextStep).toMatch(/Update the program/);
    expect(versionRefusal(99).nextStep).toMatch(/update the server/);
  });
});

describe('binary frames', () => {
  it('read as they were written', () => {
    fc.assert(
      fc.property(frame, ({ bytes, ...written }) => {
        expect(decodeFrame(bytes)).toEqual(written);
      }),
      { numRuns, seed: testSeed },
    );
  });

  it('are refused by name when they are anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), frame, fc.nat(), (noise, { bytes }, cut) => {
        for (const given of [noise, bytes.subarray(0, cut % 8)]) {
          try {
            expect(decodeFrame(given).chunk.length).toBeGreaterThan(0);
          } catch (thrown) {
            expect((thrown as GnomonError).code).toBe('protocol.frame');
          }
        }
      }),
      { numRuns, seed: testSeed },
    );
    const good = encodeFrame({ jobId: 'job', offset: 0, chunk: Uint8Array.of(1) });
    for (const [at, value] of [
      [0, 0],
      [1, 2],
      [2, 0],
      [2, 200],
      [3, 0x20],
      [4, 0xff],
    ] as const) {
      const bad = good.slice();
      bad[at] = value;
      expect(refusal(() => decodeFrame(bad)).code).toBe('protocol.frame');
    }
    expect(refusal(() => decodeFrame(new Uint8Array(300_000).fill(0x47))).code).toBe('protocol.frame');
  });

  it('put a payload together again, however it is cut, with frames repeated', () => {
    fc.assert(
      fc.property(
        jobId,
        fc.uint8Array({ minLength: 1, maxLength: 500 }),
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.nat(3), { maxLength: 30 }),
        (id, payload, chunkBytes, repeats) => {
          const sent = [...framesOf(id, payload, chunkBytes)].map(decodeFrame);
          const assembler = makeAssembler(payload.length);
          const wholes: Uint8Array[] = [];
          sent.forEach((part, index) => {
            // Any of the earlier frames may come again before this one.
            for (const back of [...repeats.slice(index, index + 2).map((step) => index - step), index]) {
              const again = sent[Math.max(0, back)];
              const whole = again === undefined ? null : assembler.add(again);
              if (whole !== null) wholes.push(whole);
            }
            expect(part.jobId).toBe(id);
          });
          expect(wholes).toEqual([payload]);
        },
      ),
      { numRuns, seed: testSeed },
    );
  });

  it('refuse a gap, and more than was announced', () => {
    const chunk = new Uint8Array(10);
    expect(refusal(() => makeAssembler(30).add({ offset: 10, chunk })).code).toBe('protocol.frame');
    expect(refusal(() => makeAssembler(9).add({ offset: 0, chunk })).code).toBe('protocol.frame');
    const assembler = makeAssembler(30);
    expect(assembler.add({ offset: 0, chunk })).toBeNull();
    expect(refusal(() => assembler.add({ offset: 5, chunk })).code).toBe('protocol.frame');
    expect(assembler.received()).toBe(10);
  });

  it('carry an input as JSON', () => {
    const input = { a: '1', b: [['2'], ['3']] };
    expect(parseInputBytes(new TextEncoder().encode(JSON.stringify(input)))).toEqual(input);
    expect(refusal(() => parseInputBytes(Uint8Array.of(0xff, 0xfe))).code).toBe('protocol.json');
    expect(refusal(() => parseInputBytes(new TextEncoder().encode('{"a":1}'))).where).toBe('a');
  });
});
