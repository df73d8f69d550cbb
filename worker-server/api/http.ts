// Between HTTP and the server's parts: bodies in within limits, errors out with their status.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type * as v from 'valibot';
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import { inBody, parseBody, unreadable } from './body.ts';
import { type BodyBytes, holdBody } from './body-bytes.ts';

/** The body, read to its end or to the limit, parsed and held against the schema. Throws `protocol.…`, whose `where`
 * is the field, or `body` when it is the whole; `resource.queue-full` when too much is on its way. */
export function readBody<T>(context: Context, schema: v.GenericSchema, maxBytes: number): Promise<T> {
  return withBody(context, maxBytes, async (bytes) => parseBody<T>(bytes, schema, maxBytes));
}

/** The same for whoever parses it otherwise: its bytes count until `use` is done with them. */
export async function withBody<T>(
  context: Context,
  maxBytes: number,
  use: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const type = context.req.header('Content-Type') ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new GnomonError('protocol.content-type', 'The body must be JSON.', {
      where: 'Content-Type',
      nextStep: 'Send it with Content-Type: application/json.',
    });
  }
  const held = holdBody(context.get('caller').owner, context.get('arriving'), maxBytes);
  try {
    await collect(context, held, maxBytes).catch((thrown) => {
      throw inBody(thrown instanceof GnomonError ? thrown : unreadable());
    });
    return await use(held.bytes());
  } finally {
    held.free();
  }
}

async function collect(context: Context, held: BodyBytes, maxBytes: number): Promise<void> {
  const tooLarge = () =>
    new GnomonError('protocol.too-large', `The body has more than ${maxBytes} bytes.`, {
      nextStep: 'Send less at once, or large inputs over the WebSocket.',
    });
  if (Number(context.req.header('Content-Length') ?? 0) > maxBytes) throw tooLarge();
  let bytes = 0;
  for await (const chunk of context.req.raw.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    held.add(chunk);
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
  // What only the operator can mend would be asked for time and again.
  if (status === 429 || (status === 503 && error.retryable)) headers['Retry-After'] = '5';
  const body = { success: false, error, ...(requestId === undefined ? {} : { requestId }) };
  return context.json(body, status, headers);
}
