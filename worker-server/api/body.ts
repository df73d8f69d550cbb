// The bytes of a JSON body against their schema. Throws `protocol.…`, whose `where` is the field, or `body` when it is
// the whole.
import type * as v from 'valibot';
import { GnomonError, toErrorData } from '../../src/core/errors.ts';
import { parseBoundedJson } from '../../src/core/wire/limits.ts';
import { parseAs } from '../../src/core/wire/parse.ts';

/** As deep as any input of a circuit, and attestations, need. */
const MAX_DEPTH = 12;
const MAX_VALUES = 400_000;

export function parseBody<T>(body: Uint8Array, schema: v.GenericSchema, maxBytes: number): T {
  try {
    const value = parseBoundedJson(textOf(body), { maxBytes, maxDepth: MAX_DEPTH, maxValues: MAX_VALUES });
    // To valibot a list is an object too.
    if (Array.isArray(value)) throw notAnObject();
    return parseAs<T>(schema, value);
  } catch (thrown) {
    throw inBody(thrown);
  }
}

/** Says at least that it was the body. */
export function inBody(thrown: unknown): GnomonError {
  const error = toErrorData(thrown);
  return GnomonError.fromData({ where: 'body', ...error });
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
  return new GnomonError('protocol.shape', 'The body must be a JSON object, not a list.', {
    nextStep: 'Send one object: {"…": …}.',
  });
}
