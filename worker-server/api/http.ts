// Between HTTP and the server's parts: bodies in within limits, errors out with their status.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type * as v from 'valibot';
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import { parseBoundedJson } from '../../src/core/wire/limits.ts';
import { parseAs } from '../../src/core/wire/parse.ts';
import { holdBody } from './body-bytes.ts';

/** As deep as any input of a circuit, and attestations, need. */
const MAX_DEPTH = 12;
const MAX_VALUES = 400_000;

/** The body, read to its end or to the limit, parsed and held against the schema. Throws `protocol.…`, whose `where`
 * is the field, or `body` when it is the whole; `resource.queue-full` when too much is on its way. */
export async function readBody<T>(context: Context, schema: v.GenericSchema, maxBytes: number): Promise<T> {
  const type = context.req.header('Content-Type') ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new GnomonError('protocol.content-type', 'The body must be JSON.', {
      where: 'Content-Type',
      nextStep: 'Send it with Content-Type: application/json.',
    });
  }
  try {
    const text = await readText(context, maxBytes);
    const value = parseBoundedJson(text, { maxBytes, maxDepth: MAX_DEPTH, maxValues: MAX_VALUES });
    // To valibot a list is an object too.
    if (Array.isArray(value)) throw notAnObject();
    return parseAs<T>(schema, value);
  } catch (thrown) {
    const error = toErrorData(thrown);
    throw error.where === undefined ? GnomonError.fromData({ ...error, where: 'body' }) : thrown;
  }
}

function notAnObject(): GnomonError {
  return new GnomonError('protocol.shape', 'The body must be a JSON object, not a list.', {
    nextStep: 'Send one object: {"…": …}.',
  });
}

async function readText(context: Context, maxBytes: number): Promise<string> {
  const tooLarge = () =>
    new GnomonError('protocol.too-large', `The body has more than ${maxBytes} bytes.`, {
      nextStep: 'Send less at once, or large inputs over the WebSocket.',
    });
  if (Number(context.req.header('Content-Length') ?? 0) > maxBytes) throw tooLarge();
  const body = context.req.raw.body;
  if (body === null) return '';
  const held = holdBody(context.get('caller').owner, context.get('arriving'), maxBytes);
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge();
      held.add(chunk);
    }
    return held.text();
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    throw new GnomonError('protocol.body', 'The body could not be read, or is not UTF-8.', {
      nextStep: 'Send it again.',
    });
  } finally {
    held.free();
  }
}

const STATUS_OF_CODE: Record<string, ContentfulStatusCode> = {
  'input.token-missing': 401,
  'input.token': 401,
  'input.forbidden': 403,
  'network.origin': 403,
  'network.host': 403,
  'input.not-found': 404,
  'input.job-unknown': 404,
  'input.worker-unknown': 404,
  'input.profile-unknown': 404,
  'resource.profile-running': 409,
  'circuit.not-found': 404,
  'protocol.content-type': 415,
  'protocol.too-large': 413,
  'resource.rate-limit': 429,
  'resource.queue-full': 429,
  'resource.shutting-down': 503,
  'resource.deadline': 504,
};
const STATUS_OF_GROUP: Record<ErrorData['group'], ContentfulStatusCode> = {
  input: 422,
  circuit: 422,
  witness: 422,
  protocol: 400,
  cancelled: 409,
  artifact: 503,
  resource: 503,
  backend: 503,
  network: 502,
  internal: 500,
};

export function statusOf({ code, group }: ErrorData): ContentfulStatusCode {
  return STATUS_OF_CODE[code] ?? STATUS_OF_GROUP[group];
}

/** Any error as an answer; foreign ones keep only their name. */
export function problem(context: Context, thrown: unknown, requestId?: string): Response {
  const error =
    'code' in Object(thrown) && !(thrown instanceof Error) ? (thrown as ErrorData) : toErrorData(thrown);
  const status = statusOf(error);
  const headers: Record<string, string> = {};
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (status === 429 || status === 503) headers['Retry-After'] = '5';
  const body = { success: false, error, ...(requestId === undefined ? {} : { requestId }) };
  return context.json(body, status, headers);
}
