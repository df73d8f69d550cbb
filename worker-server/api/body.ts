// The bytes of a JSON body against their schema. Throws `protocol.…`, whose `where` is the field, or `body` when it is
// the whole.
import type * as v from 'valibot';
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import { parseBoundedJson } from '../../src/core/wire/limits.ts';
import { parseAs } from '../../src/core/wire/parse.ts';

/** As deep as any input of a circuit, and attestations, need. */
const MAX_DEPTH = 12;
const MAX_VALUES = 400_000;

export function parseBody<T>(body: Uint8Array, schema: v.GenericSchema, maxBytes: number): T {
  try {
    const value = parseBoundedJson(textOf(body), { maxBytes, maxDepth: MAX_DEPTH, maxValues: MAX_VALUES });
    // To valibot a list is an object too.
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAnObject();
    return parseAs<T>(schema, value);
  } catch (thrown) {
    throw inBody(thrown);
  }
}

/** Where those of the wire speak of its two programs. */
const OWN_WORDS: Record<string, Pick<ErrorData, 'message' | 'nextStep'>> = {
  'protocol.json': { message: 'The body is not JSON.', nextStep: 'Correct it and send it again.' },
  'protocol.too-deep': {
    message: `The body is nested more than ${MAX_DEPTH} levels deep.`,
    nextStep: 'Nothing that this server takes is: correct it and send it again.',
  },
  'protocol.too-many': {
    message: `The body holds more than ${MAX_VALUES} values.`,
    nextStep: 'Send less at once, or large inputs over the WebSocket.',
  },
};

/** Says at least that it was the body. */
export function inBody(thrown: unknown): GnomonError {
  const error = toErrorData(thrown);
  return GnomonError.fromData({ where: 'body', ...error, ...OWN_WORDS[error.code] });
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw unreadable();
  }
}

export function unreadable(): GnomonError {
  return new GnomonError('protocol.body', 'The body could not be read, or is not UTF-8.', {
    nextStep: 'Send it again.',
  });
}

function notAnObject(): GnomonError {
  return new GnomonError('protocol.shape', 'The body must be a JSON object, and nothing else.', {
    nextStep: 'Send one object: {"…": …}.',
  });
}
