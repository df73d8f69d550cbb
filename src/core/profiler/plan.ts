// Which proofs a profile makes, in which order, and about how long that takes. Pure. Every combination is visited
// in turn, in up to three rounds of alternating direction, so that all of them meet the same load and heat.
import { assumedSpeed } from '../assumed-speed.ts';
import { GnomonError } from '../errors.ts';
import type { Rung } from '../job.ts';
import type { CircuitEntry } from '../manifest.ts';
import { assumedMs } from '../usual-times.ts';
import { CIRCUIT_TYPES, type ProfileRequest, type Prover } from './request.ts';

/** Where proofs are made: this machine, or a server that this browser may use. */
export type ProfilePlace = { kind: 'here' } | { kind: 'server'; id: string; name: string };

/** One combination that is measured. A server chooses prover and threads itself. */
export interface PlannedCell {
  /** Unique within a profile, and the same in every profile of the same combination. */
  id: string;
  circuit: CircuitEntry;
  /** Attestations in the input; null: the circuit's own input. */
  size: number | null;
  place: ProfilePlace;
  prover: Prover | null;
  threads: number | null;
  expectedMs: number;
  /** Of the first proof of a visit, which loads and prepares the circuit's files. */
  expectedFirstMs: number;
}

/** Proofs of one combination, one after the other. */
export interface Visit {
  cell: PlannedCell;
  /** From 1. */
  round: number;
  warmups: number;
  counted: number;
}

export interface Skipped {
  what: string;
  why: string;
}

export interface ProfilePlan {
  request: ProfileRequest;
  cells: PlannedCell[];
  visits: Visit[];
  /** Warm-ups included. */
  runs: number;
  expectedMs: number;
  skipped: Skipped[];
}

export interface ProfileWorld {
  /** Smallest first. */
  circuits: readonly CircuitEntry[];
  /** When the request names none. */
  usualThreads: number;
  /** What this machine has. */
  mostThreads: number;
  /** Besides this machine. */
  servers?: readonly { id: string; name: string }[];
  /** False: servers only. */
  here?: boolean;
  /** Circuits that are not about reputation, but for which there is an input all the same. */
  hasInput?: (circuit: CircuitEntry) => boolean;
}

const ROUNDS = 3;
/** A profile is no load test: this many take hours already. */
const MAX_RUNS = 5_000;
const MAX_CELLS = 256;

const START_MS = 150;
/** Loading and converting the key takes about as long as a proof. */
const FIRST_SHARE = 2;
const FIRST_MS = 700;

/** Throws `input.profile-empty` when nothing of it can be measured, `input.profile-too-large` beyond the limits. */
export function planProfile(request: ProfileRequest, world: ProfileWorld): ProfilePlan {
  const skipped: Skipped[] = [];
  const cells = new Map<string, PlannedCell>();
  const add = (cell: PlannedCell) => cells.set(cell.id, cell);
  for (const type of request.circuitTypes) {
    for (const { circuit, size } of subjectsOf(type, request, world, skipped)) {
      const provers = CIRCUIT_TYPES[type] ?? request.provers;
      if (world.here !== false) {
        for (const prover of provers)
          for (const threads of threadsOf(request, world, skipped))
            add(makeCell(circuit, size, { kind: 'here' }, prover, threads));
      }
      for (const server of world.servers ?? [])
        add(makeCell(circuit, size, { kind: 'server', ...server }, null, null));
    }
  }
  const list = [...cells.values()].sort(bySize);
  const visits = visitsOf(list, request);
  const runs = visits.reduce((sum, { warmups, counted }) => sum + warmups + counted, 0);
  const expectedMs = visits.reduce((sum, visit) => sum + visitMs(visit), 0);
  if (list.length === 0) throw nothingToMeasure(skipped);
  if (runs > MAX_RUNS || list.length > MAX_CELLS) throw tooLarge(list.length, runs);
  return { request, cells: list, visits, runs, expectedMs, skipped: unique(skipped) };
}

/** What a proof of a combination runs on. */
export function rungOf(prover: Prover, threads: number): Rung {
  return `${prover}-${threads === 1 ? 'single' : 'threaded'}`;
}

interface Subject {
  circuit: CircuitEntry;
  size: number | null;
}

function subjectsOf(
  type: string,
  { networkSizes }: ProfileRequest,
  { circuits, hasInput }: ProfileWorld,
  skipped: Skipped[],
): Subject[] {
  if (type in CIRCUIT_TYPES) {
    return networkSizes.flatMap((size) => {
      const circuit = smallestFor(size, circuits);
      if (circuit !== undefined) return [{ circuit, size }];
      skipped.push({ what: `${size} attestations`, why: 'no circuit here holds as many' });
      return [];
    });
  }
  const circuit = circuits.find(({ id }) => id === type);
  if (circuit === undefined) {
    skipped.push({ what: type, why: 'there is no such circuit here' });
    return [];
  }
  const { capacity } = circuit;
  if (capacity === null) {
    if (hasInput?.(circuit) === true) return [{ circuit, size: null }];
    skipped.push({ what: type, why: 'it is not about reputation, so there is no demo input for it' });
    return [];
  }
  return networkSizes.flatMap((size) => {
    if (size <= capacity) return [{ circuit, size }];
    skipped.push({ what: `${size} attestations`, why: `${type} holds ${capacity}` });
    return [];
  });
}

function smallestFor(size: number, circuits: readonly CircuitEntry[]): CircuitEntry | undefined {
  return [...circuits]
    .sort((a, b) => a.constraints - b.constraints)
    .find(({ capacity }) => capacity !== null && size <= capacity);
}

function threadsOf({ threads }: ProfileRequest, world: ProfileWorld, skipped: Skipped[]): number[] {
  const wanted = threads ?? [world.usualThreads];
  for (const count of wanted) {
    if (count <= world.mostThreads) continue;
    skipped.push({ what: `${count} threads`, why: `this machine has ${world.mostThreads}` });
  }
  return wanted.filter((count) => count <= world.mostThreads);
}

function makeCell(
  circuit: CircuitEntry,
  size: number | null,
  place: ProfilePlace,
  prover: Prover | null,
  threads: number | null,
): PlannedCell {
  const rung = rungOf(prover ?? 'engine', threads ?? 2);
  const run = { constraints: circuit.constraints, keepsKey: true, readiness: 'warm' } as const;
  // Corrects itself from the first proof on.
  const expectedMs = START_MS + assumedMs(assumedSpeed(rung, null).msPerConstraint, run);
  const where = place.kind === 'here' ? 'here' : `server:${place.id}`;
  return {
    id: [circuit.id, size ?? '-', where, prover ?? '-', threads ?? '-'].join('/'),
    ...{ circuit, size, place, prover, threads, expectedMs },
    expectedFirstMs: FIRST_SHARE * expectedMs + FIRST_MS,
  };
}

function bySize(a: PlannedCell, b: PlannedCell): number {
  return (
    a.circuit.constraints - b.circuit.constraints ||
    (a.size ?? 0) - (b.size ?? 0) ||
    a.place.kind.localeCompare(b.place.kind) ||
    (a.prover ?? '').localeCompare(b.prover ?? '') ||
    (a.threads ?? 0) - (b.threads ?? 0) ||
    (a.id < b.id ? -1 : 1)
  );
}

function visitsOf(cells: readonly PlannedCell[], request: ProfileRequest): Visit[] {
  const { iterations, warmupIterations: warmups } = request;
  const rounds = Math.min(ROUNDS, iterations);
  return Array.from({ length: rounds }, (_, at) => {
    const counted = Math.floor(((at + 1) * iterations) / rounds) - Math.floor((at * iterations) / rounds);
    // There and back, so that a machine that slows down steadily is fair to all.
    const order = at % 2 === 0 ? cells : [...cells].reverse();
    return order.map((cell) => ({ cell, round: at + 1, warmups, counted }));
  }).flat();
}

function visitMs({ cell, warmups, counted }: Visit): number {
  return cell.expectedFirstMs + (warmups + counted - 1) * cell.expectedMs;
}

function unique(skipped: readonly Skipped[]): Skipped[] {
  return [...new Map(skipped.map((one) => [`${one.what}\n${one.why}`, one])).values()];
}

function nothingToMeasure(skipped: readonly Skipped[]): GnomonError {
  const why = skipped.map(({ what, why: reason }) => `${what}: ${reason}`).join('; ');
  return new GnomonError('input.profile-empty', `There is nothing to measure${why && `: ${why}`}.`, {
    nextStep: 'Choose circuits and sizes that are here, and threads that this machine has.',
  });
}

function tooLarge(cells: number, runs: number): GnomonError {
  return new GnomonError(
    'input.profile-too-large',
    `This would be ${runs} proofs of ${cells} combinations; a profile takes ${MAX_RUNS} of ${MAX_CELLS} at most.`,
    { nextStep: 'Choose fewer circuits, sizes, threads or iterations.' },
  );
}
