// Payloads on their way in, frame by frame: how many at once, how large, how long they may rest.
import { GnomonError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { type Assembler, decodeFrame, makeAssembler } from '../../src/core/wire/frames.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { queueFull } from '../refusals.ts';
import { stalled } from './refusals.ts';

export interface Uploads<T> {
  has(jobId: string): boolean;
  /** Throws `resource.queue-full` or `protocol.too-large`. */
  begin(owner: string, jobId: string, bytes: number, order: T): void;
  /** The order and its payload once that is whole. Throws `protocol.frame`; one that there is no more room for is
   * given up. */
  add(frame: Uint8Array): { jobId: string; order: T; payload: Uint8Array } | null;
  drop(jobId: string): void;
  /** It was refused: its frames may be on their way all the same, and are no mistake of the client's. */
  ignore(jobId: string): void;
  close(): void;
}

interface Upload<T> {
  owner: string;
  order: T;
  assembler: Assembler;
  unsetTimer: () => void;
}

const MOST_AT_ONCE = 4;
/** A payload of which less than so much comes in so long, and that is not whole then, is forgotten: a byte now and then
 * would hold its room for good. A line of 128 kbit/s brings twice that. */
const STALL_MS = 60_000;
const STALL_BYTES = 512 * 1024;
/** Refused jobs whose frames may still be on their way. */
const MOST_REFUSED = 64;

/** What counts is what has come: an announcement holds no memory, and must not keep others out.
 * `isKnown`: frames of such a job are ignored (they were sent before the client heard that it is known), and so are
 * those of one that was refused or given up; `onGivenUp` is told of the latter. */
export function makeUploads<T>(options: {
  budget: ByteBudget;
  maxPayloadBytes: number;
  clock: Clock;
  isKnown: (jobId: string) => boolean;
  onGivenUp: (jobId: string, error: GnomonError) => void;
}): Uploads<T> {
  const { budget, maxPayloadBytes, clock } = options;
  const uploads = new Map<string, Upload<T>>();
  /** The latest; their senders need not know yet. */
  const refused = new Set<string>();

  function drop(jobId: string): void {
    const upload = uploads.get(jobId);
    if (upload === undefined) return;
    upload.unsetTimer();
    budget.count(upload.owner, -upload.assembler.received());
    uploads.delete(jobId);
  }

  function ignore(jobId: string): void {
    refused.delete(jobId);
    refused.add(jobId);
    const [oldest] = refused;
    if (refused.size > MOST_REFUSED && oldest !== undefined) refused.delete(oldest);
  }

  function giveUp(jobId: string, error: GnomonError): void {
    drop(jobId);
    ignore(jobId);
    options.onGivenUp(jobId, error);
  }

  function watch(jobId: string, before: number): () => void {
    return clock.setTimer(STALL_MS, () => {
      const upload = uploads.get(jobId);
      if (upload === undefined) return;
      const received = upload.assembler.received();
      if (received - before < STALL_BYTES) giveUp(jobId, stalled());
      else upload.unsetTimer = watch(jobId, received);
    });
  }

  return {
    has: (jobId) => uploads.has(jobId),

    begin(owner, jobId, bytes, order) {
      if (bytes > maxPayloadBytes) {
        throw new GnomonError('protocol.too-large', `This server takes inputs of ${maxPayloadBytes} bytes.`, {
          nextStep: 'Take a smaller circuit, or prove it on your own device.',
        });
      }
      if (uploads.size >= MOST_AT_ONCE) throw noRoom();
      budget.refuseBeyond(owner, bytes);
      refused.delete(jobId);
      uploads.set(jobId, { owner, order, assembler: makeAssembler(bytes), unsetTimer: watch(jobId, 0) });
    },

    add(bytes) {
      const { jobId, ...frame } = decodeFrame(bytes);
      const upload = uploads.get(jobId);
      if (upload === undefined) {
        if (refused.has(jobId) || options.isKnown(jobId)) return null;
        throw new GnomonError('protocol.frame', 'A binary frame belongs to no submitted job.', {
          nextStep: 'Submit the job first.',
        });
      }
      const before = upload.assembler.received();
      // Others may have filled what was free when it was announced.
      const more = frame.offset === before ? frame.chunk.length : 0;
      try {
        budget.refuseBeyond(upload.owner, more);
      } catch (thrown) {
        giveUp(jobId, thrown as GnomonError);
        return null;
      }
      const payload = upload.assembler.add(frame);
      budget.count(upload.owner, upload.assembler.received() - before);
      if (payload === null) return null;
      drop(jobId);
      return { jobId, order: upload.order, payload };
    },

    drop,
    ignore,
    close() {
      for (const jobId of [...uploads.keys()]) drop(jobId);
    },
  };
}

function noRoom(): GnomonError {
  return queueFull(
    `This connection has ${MOST_AT_ONCE} inputs on their way already.`,
    'Try again when one of them is done.',
  );
}
