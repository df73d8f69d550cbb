// Payloads on their way in, frame by frame: how many at once, how large, how long they may rest.
import { GnomonError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { type Assembler, decodeFrame, makeAssembler } from '../../src/core/wire/frames.ts';

/** Bytes that all sessions together are assembling. */
export interface UploadBudget {
  usedBytes: number;
  readonly maxBytes: number;
}

export interface Uploads<T> {
  has(jobId: string): boolean;
  /** Throws `resource.queue-full` or `protocol.too-large`. */
  begin(jobId: string, bytes: number, order: T): void;
  /** The order and its payload once that is whole. Throws `protocol.frame`. */
  add(frame: Uint8Array): { jobId: string; order: T; payload: Uint8Array } | null;
  drop(jobId: string): void;
  close(): void;
}

interface Upload<T> {
  order: T;
  bytes: number;
  assembler: Assembler;
  unsetTimer: () => void;
}

const MOST_AT_ONCE = 4;
/** A payload without a byte for this long is forgotten. */
const STALL_MS = 60_000;

/** `isKnown`: frames of such a job are ignored (they were sent before the client heard that it is known);
 * `onStalled` is told of those that are given up. */
export function makeUploads<T>(options: {
  budget: UploadBudget;
  maxPayloadBytes: number;
  clock: Clock;
  isKnown: (jobId: string) => boolean;
  onStalled: (jobId: string) => void;
}): Uploads<T> {
  const { budget, maxPayloadBytes, clock } = options;
  const uploads = new Map<string, Upload<T>>();

  function drop(jobId: string): void {
    const upload = uploads.get(jobId);
    if (upload === undefined) return;
    upload.unsetTimer();
    budget.usedBytes -= upload.assembler.received();
    uploads.delete(jobId);
  }

  function watch(jobId: string): () => void {
    return clock.setTimer(STALL_MS, () => {
      drop(jobId);
      options.onStalled(jobId);
    });
  }

  return {
    has: (jobId) => uploads.has(jobId),

    begin(jobId, bytes, order) {
      if (bytes > maxPayloadBytes) {
        throw new GnomonError('protocol.too-large', `This server takes inputs of ${maxPayloadBytes} bytes.`, {
          nextStep: 'Take a smaller circuit, or prove it on your own device.',
        });
      }
      if (uploads.size >= MOST_AT_ONCE || budget.usedBytes + bytes > budget.maxBytes) {
        throw new GnomonError('resource.queue-full', 'This server has no room for another input now.', {
          nextStep: 'Try again when another upload is done.',
        });
      }
      uploads.set(jobId, { order, bytes, assembler: makeAssembler(bytes), unsetTimer: watch(jobId) });
    },

    add(bytes) {
      const { jobId, ...frame } = decodeFrame(bytes);
      const upload = uploads.get(jobId);
      if (upload === undefined) {
        if (options.isKnown(jobId)) return null;
        throw new GnomonError('protocol.frame', 'A binary frame belongs to no submitted job.', {
          nextStep: 'Submit the job first.',
        });
      }
      const before = upload.assembler.received();
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
    close() {
      for (const jobId of [...uploads.keys()]) drop(jobId);
    },
  };
}
