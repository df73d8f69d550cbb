// /api/proof: asking for a proof, looking how it stands, cancelling it.
import { type Context, Hono } from 'hono';
import { GnomonError } from '../../src/core/errors.ts';
import { Priority } from '../../src/core/job.ts';
import type { Caller } from '../callers.ts';
import type { Submission } from '../jobs/entry.ts';
import type { JobView } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { unknownJob } from '../refusals.ts';
import { proofAnswer, signalNamesOf, statusAnswer } from './answers.ts';
import { describe } from './describe.ts';
import { problem, withBody } from './http.ts';
import { type Asker, orderOf, parseRequest, type ReadRequest, readRequest } from './request-order.ts';
import {
  AcceptedAnswerSchema,
  GenerateAnswerSchema,
  type GenerateRequest,
  GenerateSchema,
  StatusSchema,
} from './schemas.ts';

/** Takes some ten milliseconds at most; the largest body takes hundreds. */
const READ_HERE_BYTES = 32 * 1024;

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
  function take(context: Context, onId: (id: string) => void): Promise<JobView> {
    return withBody(context, limits.maxBodyBytes, async (body) => {
      const caller = context.get('caller');
      const by = { owner: caller.owner, gone: context.req.raw.signal };
      const request = await read(body, by, onId);
      const id = request.fields.requestId ?? parts.random.id();
      onId(id);
      const known = await jobs.standing(caller.owner, id);
      return known ?? jobs.submit(submissionOf(request, id, caller));
    });
  }

  async function read(body: Uint8Array, by: Asker, onId: (id: string) => void): Promise<ReadRequest> {
    const { readElsewhere, circuits, clock } = parts;
    const around = async () => ({
      circuits: await circuits.all(),
      nowMs: clock.nowMs(),
      maxBytes: limits.maxBodyBytes,
    });
    if (readElsewhere === undefined) return readRequest(body, await around());
    if (body.length > READ_HERE_BYTES) return readElsewhere(body, await around(), by);
    const request = parseRequest(body, limits.maxBodyBytes);
    if (request.requestId !== undefined) onId(request.requestId);
    // However few they are, a claim takes much arithmetic.
    return request.attestations === undefined
      ? orderOf(request, await around())
      : readElsewhere(body, await around(), by);
  }

  return routes;
}

function submissionOf({ fields, order }: ReadRequest, jobId: string, { owner, userId }: Caller): Submission {
  if (userId !== null && fields.userId !== undefined && fields.userId !== userId) {
    throw new GnomonError('input.forbidden', 'The token is another user’s.', {
      where: 'userId',
      nextStep: 'Leave userId out: it is taken from the token.',
    });
  }
  if (!order.ok) throw GnomonError.fromData(order.error);
  const { circuit, inputJson, publicSignals, context } = order.value;
  const { maxRetries, timeoutMs, circuitType } = fields;
  return {
    owner,
    jobId,
    circuit,
    inputJson,
    expectedPublicSignals: publicSignals,
    priority: priorityOf(fields.priority),
    ...(maxRetries === undefined ? {} : { maxAttempts: maxRetries + 1 }),
    ...(timeoutMs === undefined ? {} : { deadlineMs: timeoutMs }),
    ...(circuitType === 'default' ? { rung: 'snarkjs-threaded' as const } : {}),
    context: { ...context, signalNames: circuit.publicSignals },
  };
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
