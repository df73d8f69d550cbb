// A request for a proof, from its bytes to what is to be proved. Reading a large one, or working out a claim, takes
// longer than the server may be silent: that is done in a child, with the same code.
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { CircuitInput, SignalValue } from '../../src/core/groth16.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { claimOfRequest } from './attestation-claim.ts';
import { parseBody } from './body.ts';
import { type GenerateRequest, GenerateSchema } from './schemas.ts';

/** What is asked about the proof, without what it is made from. */
export type RequestFields = Omit<GenerateRequest, 'attestations' | 'input'>;

export interface Order {
  circuit: CircuitEntry;
  inputJson: Uint8Array;
  publicSignals: string[] | null;
  context: Record<string, unknown>;
}

export interface ReadRequest {
  fields: RequestFields;
  /** Apart, since a job that is known already is the answer whatever this says. */
  order: { ok: true; value: Order } | { ok: false; error: ErrorData };
}

export interface RequestSurroundings {
  circuits: readonly CircuitEntry[];
  nowMs: number;
  maxBytes: number;
}

/** Who waits for something to be read, and whether they still do. */
export interface Asker {
  owner: string;
  gone: AbortSignal;
}

/** Throws `protocol.…` where it is no request at all. */
export async function readRequest(body: Uint8Array, around: RequestSurroundings): Promise<ReadRequest> {
  return orderOf(parseRequest(body, around.maxBytes), around);
}

export function parseRequest(body: Uint8Array, maxBytes: number): GenerateRequest {
  return parseBody<GenerateRequest>(body, GenerateSchema, maxBytes);
}

export async function orderOf(request: GenerateRequest, around: RequestSurroundings): Promise<ReadRequest> {
  const { attestations: _attestations, input: _input, ...fields } = request;
  try {
    return { fields, order: { ok: true, value: await made(request, around) } };
  } catch (thrown) {
    return { fields, order: { ok: false, error: toErrorData(thrown) } };
  }
}

async function made(request: GenerateRequest, { circuits, nowMs }: RequestSurroundings): Promise<Order> {
  const { attestations, input } = request;
  if ((attestations === undefined) === (input === undefined)) {
    throw new GnomonError('protocol.shape', 'Give either attestations, or a circuit and its input.', {
      where: attestations === undefined ? 'attestations' : 'input',
      nextStep: 'Send one of the two.',
    });
  }
  if (input === undefined) {
    const { circuit, publicSignals, context, input: claim } = await claimOfRequest(request, circuits, nowMs);
    return { circuit, publicSignals, context, inputJson: jsonOf(claim) };
  }
  const named = request.circuit ?? request.circuitType;
  const circuit = circuits.find(({ id, artifacts }) => id === named || artifacts.zkey.sha256 === named);
  if (circuit === undefined) {
    throw new GnomonError('circuit.not-found', 'This server does not prove that circuit.', {
      where: 'circuit',
      nextStep: 'Name one of /circuits/manifest.json by its id.',
    });
  }
  return { circuit, inputJson: jsonOf(asSignals(input)), publicSignals: null, context: {} };
}

const jsonOf = (input: CircuitInput): Uint8Array => Buffer.from(JSON.stringify(input));

/** Numbers as the decimals that inputs are made of. */
function asSignals(input: NonNullable<GenerateRequest['input']>): CircuitInput {
  const text = (value: unknown): SignalValue =>
    Array.isArray(value) ? value.map(text) : typeof value === 'number' ? String(value) : (value as string);
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, text(value)]));
}
