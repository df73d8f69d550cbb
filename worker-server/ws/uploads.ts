// Payloads on their way in, frame by frame: how many at once, how large, how long they may rest.
import { GnomonError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { type Assembler, decodeFrame, makeAssembler } from '../../src/core/wire/frames.ts';
import { queueFull } from '../refusals.ts';
import { stalled } from './refusals.ts';

/** Bytes that all sessions together are assembling. */
export interface UploadBudget {
  usedBytes: number;
  readonly maxBytes: number;
}

export interface Uploads<T> {
  has(jobId: string): boolean;
  /** Throws `resource.queue-full` or `protocol.too-large`. */
  begin(jobId: string, bytes: number, order: T): void;
  /** The order and its payload once that is whole. Throws `protocol.frame`; one that there is no more room for is
   * given up. */
  add(frame: Uint8Array): { jobId: string; order: T; payload: Uint8Array } | null;
  drop(jobId: string): void;
  /** It was refused: its frames may be on their way all the same, and are no mistake of the client's. */
  ignore(jobId: string): void;
  close(): void;
}

interface Upload<T> {
  order: T;
  assembler: Assembler;
  unsetTimer: () => void;
}

const MOST_AT_ONCE = 4;
/** A payload without a byte for this long is forgotten. */
const STALL_MS = 60_000;
/** Refused jobs whose frames may still be on their way. */
const MOST_REFUSED = 64;

/** What counts is what has come: an announcement holds no memory, and must not keep others out.
 * `isKnown`: frames of such a job are ignored (they were sent before the client heard that it is known), and so are
 * those of one that was refused or given up; `onGivenUp` is told of the latter. */
export function makeUploads<T>(options: {
  budget: UploadBudget;
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
    budget.usedBytes -= upload.assembler.received();
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

  const watch = (jobId: string): (() => void) => clock.setTimer(STALL_MS, () => giveUp(jobId, stalled()));

  return {
    has: (jobId) => uploads.has(jobId),

    begin(jobId, bytes, order) {
      if (bytes > maxPayloadBytes) {
        throw new GnomonError('protocol.too-large', `This server takes inputs of ${maxPayloadBytes} bytes.`, {
          nextStep: 'Take a smaller circuit, or prove it on your own device.',
        });
      }
      if (uploads.size >= MOST_AT_ONCE || budget.usedBytes + bytes > budget.maxBytes) throw noRoom();
      refused.delete(jobId);
      uploads.set(jobId, { order, assembler: makeAssembler(bytes), unsetTimer: watch(jobId) });
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
      if (budget.usedBytes + more > budget.maxBytes) {
        giveUp(jobId, noRoom());
        return null;
      }
      const payload = upload.assembler.add(frame);
      budget.usedBytes += upload.assembler.received() - before;
      upload.unsetTimer();
      if (payload === null) {
        upload.unsetTimer = watch(jobId);
        return null;
      }
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
    'This server has no room for another input now.',
    'Try again when another upload is done.',
  );
}
