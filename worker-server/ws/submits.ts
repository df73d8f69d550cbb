// From a session's `submit` and its frames to a job: an input in the message, or an input or witness that follows in
// frames. Whatever goes wrong is told as that job's failure.
import type { ClientMessage } from '../../src/core/wire/messages.ts';
import { parseInputBytes } from '../../src/core/wire/parse.ts';
import type { Submission } from '../jobs/entry.ts';
import type { JobView } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { opensNothing, passesNothingOn, unknownCircuit } from './refusals.ts';
import { makeUploads } from './uploads.ts';

export type Submit = Extract<ClientMessage, { type: 'submit' }>;

/** Who submits: an owner, and whether that is another server with its clients' jobs. */
export interface Submitter {
  owner: string;
  isServer: boolean;
}

export interface Submits {
  take(by: Submitter, message: Submit): Promise<void>;
  /** Tells that it is not taken, and lets its frames pass. */
  refuse(jobId: string, thrown: unknown): void;
  /** Throws `protocol.frame` when it belongs to nothing. */
  frame(by: Submitter, bytes: Uint8Array): Promise<void>;
  /** Forgets what has come of it so far. */
  drop(jobId: string): void;
  close(): void;
}

export interface SubmitsOptions {
  parts: ServerParts;
  isKnown: (jobId: string) => boolean;
  onAccepted: (owner: string, view: JobView) => void;
  onFailed: (jobId: string, thrown: unknown) => void;
}

/** Takes a few milliseconds to parse; the largest input takes seconds, in which nobody would be answered. */
const CHECKED_HERE_BYTES = 64 * 1024;

export function makeSubmits({ parts, isKnown, onAccepted, onFailed }: SubmitsOptions): Submits {
  const { jobs, circuits, clock, limits, arriving } = parts;
  const uploads = makeUploads<Submit>({
    budget: arriving,
    maxPayloadBytes: limits.maxPayloadBytes,
    clock,
    isKnown,
    onGivenUp: onFailed,
  });
  /** Under way, for whoever is there to hear of it. */
  const checks = new Set<AbortController>();

  async function order({ owner, isServer }: Submitter, message: Submit, payload: Payload): Promise<void> {
    const circuit = await circuits.find(message.circuit);
    if (circuit === undefined) throw unknownCircuit();
    if (isServer && parts.localCapacity().slots === 0) throw passesNothingOn();
    const { jobId, priority, deadlineMs, expectedPublicSignals = null } = message;
    const view = await jobs.submit({
      ...{ owner, jobId, circuit, ...payload, expectedPublicSignals, priority },
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(isServer ? { fromServer: true } : {}),
    });
    onAccepted(owner, view);
  }

  /** Only to hear now what is wrong with it: what waits is its bytes. */
  async function check({ owner }: Submitter, inputJson: Uint8Array): Promise<void> {
    const { checkInput } = parts;
    if (checkInput === undefined || inputJson.length <= CHECKED_HERE_BYTES) parseInputBytes(inputJson);
    else {
      const ending = new AbortController();
      checks.add(ending);
      await checkInput(inputJson, { owner, gone: ending.signal }).finally(() => checks.delete(ending));
    }
  }

  function refuse(jobId: string, thrown: unknown): void {
    uploads.ignore(jobId);
    onFailed(jobId, thrown);
  }

  return {
    async take(by, message) {
      const { jobId, input, inputBytes, witnessBytes, sealedBytes } = message;
      try {
        const known = await jobs.standing(by.owner, jobId);
        if (known !== undefined) return onAccepted(by.owner, known);
        if (uploads.has(jobId)) return;
        if (sealedBytes !== undefined && parts.sealingKey === undefined) throw opensNothing();
        if (input === undefined)
          uploads.begin(by.owner, jobId, inputBytes ?? witnessBytes ?? sealedBytes ?? 0, message);
        else await order(by, message, { inputJson: Buffer.from(JSON.stringify(input)) });
      } catch (thrown) {
        refuse(jobId, thrown);
      }
    },

    refuse,

    async frame(by, bytes) {
      const done = uploads.add(bytes);
      if (done === null) return;
      const { jobId, order: message, payload } = done;
      // It goes on counting until the queue counts it.
      arriving.count(by.owner, payload.length);
      try {
        if (message.inputBytes !== undefined) await check(by, payload);
        await order(by, message, payloadOf(message, payload));
      } catch (thrown) {
        onFailed(jobId, thrown);
      } finally {
        arriving.count(by.owner, -payload.length);
      }
    },

    drop: uploads.drop,
    close() {
      for (const check of checks) check.abort();
      uploads.close();
    },
  };
}

type Payload = Pick<Submission, 'inputJson' | 'witness' | 'sealed'>;

function payloadOf(message: Submit, payload: Uint8Array): Payload {
  if (message.sealedBytes !== undefined) return { sealed: payload };
  if (message.witnessBytes !== undefined) return { witness: payload };
  return { inputJson: payload };
}
