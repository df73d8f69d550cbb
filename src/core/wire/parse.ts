// Text in, typed messages out, and back. Whatever is wrong with a message is a GnomonError `protocol.…` that
// says where, and never quotes a value: it may be an input.
import * as v from 'valibot';
import { GnomonError } from '../errors.ts';
import type { CircuitInput } from '../groth16.ts';
import {
  CLIENT_TEXT_LIMITS,
  INPUT_LIMITS,
  parseBoundedJson,
  SERVER_TEXT_LIMITS,
  type TextLimits,
} from './limits.ts';
import {
  CLIENT_SCHEMAS,
  type ClientMessage,
  type ClientMessageInput,
  InputSchema,
  JobIdSchema,
  PROTOCOL_VERSION,
  SERVER_SCHEMAS,
  type ServerMessage,
} from './messages.ts';

/** A message from a client. Throws `protocol.too-large`, `.too-deep`, `.too-many`, `.json`, `.unknown-type` or
 * `.shape` (with `where`). */
export function parseClientMessage(text: string, limits: TextLimits = CLIENT_TEXT_LIMITS): ClientMessage {
  const value = parseBoundedJson(text, limits);
  const type = typeOf(value);
  if (!isKeyOf(CLIENT_SCHEMAS, type)) throw unknownType();
  return parseAs<ClientMessage>(CLIENT_SCHEMAS[type], value);
}

/** A message from a server; throws as `parseClientMessage`. Types of newer servers are `unknown-type`: a
 * client may ignore those. */
export function parseServerMessage(text: string, limits: TextLimits = SERVER_TEXT_LIMITS): ServerMessage {
  const value = parseBoundedJson(text, limits);
  const type = typeOf(value);
  if (!isKeyOf(SERVER_SCHEMAS, type)) throw unknownType();
  const envelope = v.object({
    type: v.literal(type),
    requestId: v.optional(JobIdSchema),
    data: SERVER_SCHEMAS[type] as v.GenericSchema,
  });
  return parseAs<ServerMessage>(envelope as v.GenericSchema, value);
}

/** Input signals that came as the bytes of a JSON text. Throws like `parseClientMessage`. */
export function parseInputBytes(bytes: Uint8Array, limits: TextLimits = INPUT_LIMITS): CircuitInput {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new GnomonError('protocol.json', 'The input is not UTF-8 text.', { nextStep: SAME_VERSION });
  }
  return parseAs<CircuitInput>(InputSchema, parseBoundedJson(text, limits));
}

export function encodeClientMessage(message: ClientMessageInput): string {
  return JSON.stringify(message);
}

export function encodeServerMessage(message: ServerMessage): string {
  return JSON.stringify(message);
}

/** What a server says to a client of another version. */
export function versionRefusal(theirs: number): GnomonError {
  const older = theirs < PROTOCOL_VERSION;
  return new GnomonError(
    'protocol.version',
    `This server speaks version ${PROTOCOL_VERSION} of the protocol, not ${theirs}.`,
    { nextStep: older ? 'Update the program that connects.' : 'Ask its operator to update the server.' },
  );
}

/**
 * Holds a value against a schema; throws `protocol.shape` whose `where` is the path to the first mistake.
 * For REST bodies as well.
 */
export function parseAs<T>(schema: v.GenericSchema, value: unknown): T {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output as T;
  throw shapeError(parsed.issues[0]);
}

/** Names the place and what belongs there, never what was found there. */
export function shapeError(issue: v.BaseIssue<unknown>): GnomonError {
  const where = pathOf(issue);
  const missing = issue.received === 'undefined' && issue.expected !== 'never';
  const extra = issue.expected === 'never' && issue.kind === 'schema';
  const what = missing
    ? 'is missing'
    : extra
      ? 'is not a field of this message'
      : 'is not what belongs there';
  const expected = expectationOf(issue);
  return new GnomonError(
    'protocol.shape',
    `${where === '' ? 'The message' : `"${where}"`} ${what}${expected === null || extra ? '' : `: expected ${expected}`}.`,
    { nextStep: 'Correct it and send it again.', ...(where === '' ? {} : { where }) },
  );
}

const MAX_WHERE = 120;

/** `a.b[3]`; names come from the sender, so they are cut and stripped of what could upset a terminal. */
function pathOf(issue: v.BaseIssue<unknown>): string {
  let path = '';
  for (const { key } of issue.path ?? []) {
    if (typeof key === 'number') path += `[${key}]`;
    else path += `${path === '' ? '' : '.'}${String(key).replace(/[^\w$.:-]/g, '?')}`;
    if (path.length > MAX_WHERE) return `${path.slice(0, MAX_WHERE)}…`;
  }
  return path;
}

/** Expectations are the schema's own words, unless the issue compares with something that was received. */
function expectationOf(issue: v.BaseIssue<unknown>): string | null {
  if (issue.type === 'check') return issue.message;
  return issue.expected;
}

function typeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GnomonError('protocol.shape', 'The message is not an object.', { nextStep: SAME_VERSION });
  }
  return (value as { type?: unknown }).type;
}

function isKeyOf<T extends object>(table: T, key: unknown): key is keyof T {
  return typeof key === 'string' && Object.hasOwn(table, key);
}

const SAME_VERSION = 'Check that both programs speak the same version.';

function unknownType(): GnomonError {
  return new GnomonError('protocol.unknown-type', 'There is no such type of message.', {
    nextStep: SAME_VERSION,
    where: 'type',
  });
}
