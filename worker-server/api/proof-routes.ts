// /api/proof: asking for a proof, looking how it stands, cancelling it.
import { type Context, Hono } from 'hono';
import { GnomonError } from '../../src/core/errors.ts';
import type { CircuitInput, SignalValue } from '../../src/core/groth16.ts';
import { Priority } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Caller } from '../callers.ts';
import type { Submission } from '../jobs/entry.ts';
import type { JobView } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { unknownJob } from '../refusals.ts';
import { proofAnswer, signalNamesOf, statusAnswer } from './answers.ts';
import { claimOfRequest } from './attestation-claim.ts';
import { describe } from './describe.ts';
import { problem, readBody } from './http.ts';
import {
  AcceptedAnswerSchema,
  GenerateAnswerSchema,
  type GenerateRequest,
  GenerateSchema,
  StatusSchema,
} from './schemas.ts';

const requestId = { name: 'id', in: 'path', description: 'The requestId.' } as const;

export function proofRoutes(parts: ServerParts): Hono {
  const { jobs, limits } = parts;
  const routes = new Hono();

  routes.post(
    '/generate',
    describe({
      summary: 'Proves from attestations, or from a circuit’s input',
      tag: 'proof',
      body: GenerateSchema,
      answers: {
        200: { description: 'The proof, verified.', schema: GenerateAnswerSchema },
        202: { description: 'With `Prefer: respond-async`: it was taken.', schema: AcceptedAnswerSchema },
      },
      errors: [400, 404, 409, 413, 415, 422, 503, 504],
      parameters: [{ name: 'Prefer', in: 'header', description: 'respond-async: do not wait.' }],
    }),
    async (context) => {
      let id: string | undefined;
      const caller = context.get('caller');
      try {
        const view = await take(context, (given) => {
          id = given;
        });
        id = view.jobId;
        if (/(?:^|,)\s*respond-async\s*(?:$|[,;])/i.test(context.req.header('Prefer') ?? '')) {
          const { state: status, position } = view;
          const headers = {
            Location: `/api/proof/status/${encodeURIComponent(id)}`,
            'Preference-Applied': 'respond-async',
          };
          return context.json({ success: true, requestId: id, status, position }, 202, headers);
        }
        const ended = await jobs.ended(caller.owner, id, context.req.raw.signal);
        if (ended?.state === 'succeeded') {
          return context.json({ success: true, result: proofAnswer(ended, signalNamesOf(ended)) });
        }
        return problem(context, ended?.error ?? cancelled().toData(), id);
      } catch (thrown) {
        return problem(context, thrown, id);
      }
    },
  );

  routes.get(
    '/status/:id',
    describe({
      summary: 'How a job stands, with its result when it has one',
      tag: 'proof',
      answers: { 200: { description: 'The job.', schema: StatusSchema } },
      errors: [404],
      parameters: [requestId],
    }),
    async (context) => {
      const [owner, id] = [context.get('caller').owner, context.req.param('id')];
      await jobs.recall?.(owner, id);
      const view = jobs.view(owner, id);
      if (view === undefined) return problem(context, notKnown());
      return context.json(statusAnswer(view, { full: true }));
    },
  );

  routes.post(
    '/cancel/:id',
    describe({
      summary: 'Cancels a job; one that has ended stays as it is',
      tag: 'proof',
      answers: { 200: { description: 'The job as it is now.', schema: StatusSchema } },
      errors: [404],
      parameters: [requestId],
    }),
    async (context) => {
      const view = await jobs.cancel(context.get('caller').owner, context.req.param('id'));
      if (view === undefined) return problem(context, notKnown());
      return context.json(statusAnswer(view, { full: false }));
    },
  );

  /** Apart from the handler, which waits for the proof: what it was asked for is not held as long. */
  async function take(context: Context, onId: (id: string) => void): Promise<JobView> {
    const request = await readBody<GenerateRequest>(context, GenerateSchema, limits.maxBodyBytes);
    const id = request.requestId ?? parts.random.id();
    onId(id);
    const caller = context.get('caller');
    const known = await jobs.standing(caller.owner, id);
    return known ?? jobs.submit(await submissionOf(request, id, caller, parts));
  }

  return routes;
}

async function submissionOf(
  request: GenerateRequest,
  jobId: string,
  { owner, userId }: Caller,
  parts: ServerParts,
): Promise<Submission> {
  if (userId !== null && request.userId !== undefined && request.userId !== userId) {
    throw new GnomonError('input.forbidden', 'The token is another user’s.', {
      where: 'userId',
      nextStep: 'Leave userId out: it is taken from the token.',
    });
  }
  const made = await orderOf(request, parts);
  const { maxRetries, timeoutMs, circuitType } = request;
  return {
    owner,
    jobId,
    circuit: made.circuit,
    inputJson: Buffer.from(JSON.stringify(made.input)),
    expectedPublicSignals: made.publicSignals,
    priority: priorityOf(request.priority),
    ...(maxRetries === undefined ? {} : { maxAttempts: maxRetries + 1 }),
    ...(timeoutMs === undefined ? {} : { deadlineMs: timeoutMs }),
    ...(circuitType === 'default' ? { rung: 'snarkjs-threaded' as const } : {}),
    context: { ...made.context, signalNames: made.circuit.publicSignals },
  };
}

interface Order {
  circuit: CircuitEntry;
  input: CircuitInput;
  publicSignals: string[] | null;
  context: Record<string, unknown>;
}

async function orderOf(request: GenerateRequest, { circuits, clock }: ServerParts): Promise<Order> {
  const { attestations, input } = request;
  if ((attestations === undefined) === (input === undefined)) {
    throw new GnomonError('protocol.shape', 'Give either attestations, or a circuit and its input.', {
      where: attestations === undefined ? 'attestations' : 'input',
      nextStep: 'Send one of the two.',
    });
  }
  if (input === undefined) return claimOfRequest(request, await circuits.all(), clock.nowMs());
  const named = request.circuit ?? request.circuitType;
  const circuit = named === undefined ? undefined : await circuits.find(named);
  if (circuit === undefined) {
    throw new GnomonError('circuit.not-found', 'This server does not prove that circuit.', {
      where: 'circuit',
      nextStep: 'Name one of /circuits/manifest.json by its id.',
    });
  }
  return { circuit, input: asSignals(input), publicSignals: null, context: {} };
}

/** Numbers as the decimals that inputs are made of. */
function asSignals(input: NonNullable<GenerateRequest['input']>): CircuitInput {
  const text = (value: unknown): SignalValue =>
    Array.isArray(value) ? value.map(text) : typeof value === 'number' ? String(value) : (value as string);
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, text(value)]));
}

function priorityOf(given: GenerateRequest['priority']): Submission['priority'] {
  if (typeof given !== 'string') return given ?? Priority.NORMAL;
  return Priority[given.toUpperCase() as keyof typeof Priority];
}

const notKnown = (): GnomonError => unknownJob('Submit it again with the same requestId.', 'id');

function cancelled(): GnomonError {
  return new GnomonError('cancelled.by-owner', 'The job was cancelled.', {
    nextStep: 'Submit it again when you like.',
  });
}
