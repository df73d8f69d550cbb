// How the profiler writes figures and names combinations, the same in pages, reports and on the command line.
import type { MeasuredCell } from './samples.ts';

/** "840 ms", "4.21 s", "3 min 12 s": three digits where there are as many. */
export function timeText(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)} s`;
  const totalS = Math.round(ms / 1_000);
  return `${Math.floor(totalS / 60)} min ${totalS % 60} s`;
}

export function bytesText(bytes: number): string {
  if (bytes < 999_500) return `${Math.round(bytes / 1_000)} kB`;
  if (bytes < 999_500_000) return `${Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

export function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

export type NamedCell = Pick<MeasuredCell, 'circuit' | 'size' | 'place' | 'prover' | 'threads'>;

/** What is proved: "64 attestations", or the circuit. */
export function subjectText({ size, circuit }: Pick<NamedCell, 'size' | 'circuit'>): string {
  if (size === null) return circuit;
  return size === 1 ? '1 attestation' : `${size} attestations`;
}

/** How: "engine, 2 threads", or the server's name. */
export function howText({ place, prover, threads }: Pick<NamedCell, 'place' | 'prover' | 'threads'>): string {
  if (place.kind === 'server') return place.name;
  return [prover, threads === null ? null : threadsText(threads)].filter((part) => part !== null).join(', ');
}

export function cellText(cell: NamedCell): string {
  return `${subjectText(cell)}, ${howText(cell)}`;
}
