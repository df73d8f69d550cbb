// Jobs in the order of their sequence, in chunks: adding and taking out move a chunk's worth of pointers, however
// many jobs there are. One array of 100,000 made a claim four times as slow as one of 100.
import type { Job } from './job.ts';

const CHUNK_MAX = 512;

export interface SortedLane {
  add(job: Job): void;
  /** Nothing happens when there is none. */
  remove(sequence: number): void;
  /** In order. It may be changed only once nobody iterates any more. */
  jobs(): Generator<Job>;
}

export function makeSortedLane(): SortedLane {
  /** None is empty. */
  const chunks: Job[][] = [];

  /** The last chunk that begins at or before `sequence`; the first when none does. */
  const chunkFor = (sequence: number): number =>
    Math.max(0, place(chunks.length, (at) => (chunks[at]?.[0]?.sequence ?? 0) <= sequence) - 1);

  return {
    add(job) {
      const at = chunkFor(job.sequence);
      const chunk = chunks[at];
      if (chunk === undefined) {
        chunks.push([job]);
        return;
      }
      chunk.splice(before(chunk, job.sequence), 0, job);
      if (chunk.length > CHUNK_MAX) chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX >> 1));
    },
    remove(sequence) {
      const at = chunkFor(sequence);
      const chunk = chunks[at];
      const nth = chunk === undefined ? 0 : before(chunk, sequence);
      if (chunk?.[nth]?.sequence !== sequence) return;
      chunk.splice(nth, 1);
      if (chunk.length === 0) chunks.splice(at, 1);
    },
    *jobs() {
      for (const chunk of chunks) yield* chunk;
    },
  };
}

/** How many jobs of a chunk come before `sequence`. */
function before(chunk: readonly Job[], sequence: number): number {
  return place(chunk.length, (at) => (chunk[at]?.sequence ?? 0) < sequence);
}

/** The first of `count` places at which `holds` holds no more; it holds for those before. */
function place(count: number, holds: (at: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
