// Large payloads as binary frames: announced by a `submit` (inputBytes, witnessBytes, sealedBytes), then cut
// into chunks, so that cancels and pings pass between them.
//
// One frame, all numbers big-endian:
//   byte 0      0x47 ("G")
//   byte 1      frame version, 1
//   byte 2      length n of the jobId, 1…128
//   3 … 3+n     the jobId, ASCII
//   then 4      offset of this chunk in the payload, in bytes
//   the rest    the chunk, at least 1 byte
//
// Chunks come in order. One that has been received already is ignored (a proxy may repeat); a gap is refused.
// The job is accepted with its last byte. A broken connection forgets a part-sent payload: submit again.
import { GnomonError } from '../errors.ts';

const MAGIC = 0x47;
const FRAME_VERSION = 1;
const FIXED_BYTES = 3 + 4;
const MAX_ID_BYTES = 128;

/** Small enough that a cancel on a slow line is not stuck behind it for long. */
export const CHUNK_BYTES = 64 * 1024;
/** What a server must take as one frame. */
export const MAX_FRAME_BYTES = 256 * 1024;

export interface Frame {
  jobId: string;
  offset: number;
  chunk: Uint8Array;
}

/** Cuts a payload into frames, lazily: send the next when the socket has taken the last. */
export function* framesOf(
  jobId: string,
  payload: Uint8Array,
  chunkBytes = CHUNK_BYTES,
): Generator<Uint8Array> {
  for (let offset = 0; offset < payload.length; offset += chunkBytes) {
    yield encodeFrame({ jobId, offset, chunk: payload.subarray(offset, offset + chunkBytes) });
  }
}

export function encodeFrame({ jobId, offset, chunk }: Frame): Uint8Array {
  const head = FIXED_BYTES + jobId.length;
  const frame = new Uint8Array(head + chunk.length);
  frame.set([MAGIC, FRAME_VERSION, jobId.length]);
  for (let at = 0; at < jobId.length; at++) frame[3 + at] = jobId.charCodeAt(at);
  new DataView(frame.buffer).setUint32(3 + jobId.length, offset);
  frame.set(chunk, head);
  return frame;
}

/** Throws `protocol.frame`. The chunk is a view of `bytes`. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES) throw wrongFrame('is too long');
  if (bytes[0] !== MAGIC || bytes[1] !== FRAME_VERSION) throw wrongFrame('is not one of this version');
  const idBytes = bytes[2] ?? 0;
  const head = FIXED_BYTES + idBytes;
  if (idBytes === 0 || idBytes > MAX_ID_BYTES || bytes.length <= head) throw wrongFrame('is cut off');
  const jobId = String.fromCharCode(...bytes.subarray(3, 3 + idBytes));
  if (!/^[A-Za-z0-9._:-]+$/.test(jobId)) throw wrongFrame('names no job');
  const offset = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(3 + idBytes);
  return { jobId, offset, chunk: bytes.subarray(head) };
}

export interface Assembler {
  /** Bytes received so far. */
  received(): number;
  /** The whole payload once its last chunk is here, else null. Throws `protocol.frame` on a gap or on more
   * than was announced. */
  add(frame: Pick<Frame, 'offset' | 'chunk'>): Uint8Array | null;
}

/** Puts one announced payload together. Memory grows with what has come, not with what was announced. */
export function makeAssembler(announcedBytes: number): Assembler {
  let chunks: Uint8Array[] = [];
  let received = 0;
  return {
    received: () => received,
    add({ offset, chunk }) {
      const end = offset + chunk.length;
      if (end > announcedBytes) throw wrongFrame('goes beyond what was announced');
      if (end <= received) return null;
      if (offset !== received) throw wrongFrame('does not follow the one before it');
      // A copy: sockets reuse their buffers, and a view would keep all of one alive.
      chunks.push(chunk.slice());
      received = end;
      if (received < announcedBytes) return null;
      const whole = new Uint8Array(announcedBytes);
      let at = 0;
      for (const part of chunks) {
        whole.set(part, at);
        at += part.length;
      }
      chunks = [];
      return whole;
    },
  };
}

function wrongFrame(what: string): GnomonError {
  return new GnomonError('protocol.frame', `A binary frame ${what}.`, {
    nextStep: 'Submit the job again.',
    retryable: true,
  });
}
