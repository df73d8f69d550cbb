// What follows from a profile's figures: how many threads, up to which size this machine proves quickly, when a server
// pays off, how much memory to allow. Pure. Each says the figures that led to it; what they do not support is
// withheld, with the reason.
import { type Ratio, ratioOf } from './noise.ts';
import type { ReportCell } from './samples.ts';
import { bytesText, subjectText, threadsText, timeText } from './words.ts';

export type AdviceKind = 'threads' | 'size' | 'server' | 'memory' | 'prover';

export interface Figure {
  what: string;
  value: number;
  unit: 'ms' | 'bytes' | 'times';
}

/** What adopting it would set; each names what it is about, so that whoever adopts can tell it apart. */
export type AdvisedSetting =
  | { threads: number }
  /** Circuits with more constraints go to a server where that is allowed. With `atLeast` a higher limit stays, and so does
   * none: nothing larger was measured. */
  | { hereConstraintsMost: number; atLeast?: true }
  | { offload: 'automatic' }
  /** With `atLeast` a higher limit stays, and so does none: nothing larger was seen to fail. */
  | { memoryLimitBytes: number; atLeast?: true };

export interface Recommendation {
  kind: AdviceKind;
  text: string;
  figures: Figure[];
  setting: AdvisedSetting | null;
}

export interface Advice {
  recommendations: Recommendation[];
  withheld: { kind: AdviceKind; why: string }[];
}

/** With fewer, an interval says next to nothing. */
export const LEAST_RUNS = 3;
/** After ten seconds a person turns to something else (Miller 1968; Nielsen 1993, "Response Times"). */
export const PATIENCE_MS = 10_000;
/** What more threads must gain to be worth their memory. */
const WORTH_SHARE = 0.05;
/** The same as placement asks for before a job leaves (placement.ts). */
const LEAVING_SHARE = 0.2;
const LEAVING_MS = 500;
/** Over what was measured, since other proofs are not quite the same. */
const MEMORY_SHARE = 1.25;
const MEMORY_STEPS_BYTES = [0.5e9, 1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 64e9];

type Found = Recommendation | { why: string };

export function recommend(cells: readonly ReportCell[]): Advice {
  const advice: Advice = { recommendations: [], withheld: [] };
  const take = (kind: AdviceKind, found: Found | null) => {
    if (found === null) return;
    if ('why' in found) advice.withheld.push({ kind, why: found.why });
    else advice.recommendations.push(found);
  };
  const here = cells.filter(({ place }) => place.kind === 'here');
  if (here.length > 0) {
    take('threads', adviseThreads(here));
    take('size', adviseSize(here));
  }
  take('server', adviseServer(cells));
  if (here.length > 0) take('memory', adviseMemory(here));
  take('prover', adviseProver(here));
  return advice;
}

const samplesOf = ({ runs }: ReportCell): number[] =>
  runs.filter(({ warmUp }) => !warmUp).map(({ totalMs }) => totalMs);
const isEnough = (cell: ReportCell): boolean => (cell.figures.totalMs?.count ?? 0) >= LEAST_RUNS;
/** For this machine: it would fail again. */
const isTooMuch = ({ error }: ReportCell): boolean =>
  error?.group === 'resource' || error?.code === 'backend.died';
const medianOf = (cell: ReportCell): number => cell.figures.totalMs?.p50 ?? Number.POSITIVE_INFINITY;
const compareCells = (from: ReportCell, to: ReportCell): Ratio =>
  ratioOf(samplesOf(from), samplesOf(to)) ?? { ratio: 1, low: null, high: null };
const slowerForSure = ({ low }: Ratio): boolean => low !== null && low > 1;
const fasterForSure = ({ high }: Ratio): boolean => high !== null && high < 1;
const ms = (what: string, value: number): Figure => ({ what, value, unit: 'ms' });
const median = (cell: ReportCell, what: string): Figure => ms(`${what}, median`, medianOf(cell));

/** Groups of the same circuit and size, smallest first. */
function bySubject(cells: readonly ReportCell[]): ReportCell[][] {
  const groups = new Map<string, ReportCell[]>();
  for (const cell of cells) {
    const key = `${cell.circuit}/${cell.size}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].sort(
    ([a], [b]) => (a?.constraints ?? 0) - (b?.constraints ?? 0) || (a?.size ?? 0) - (b?.size ?? 0),
  );
}

const fastest = (cells: readonly ReportCell[]): ReportCell | undefined =>
  cells.filter(isEnough).sort((a, b) => medianOf(a) - medianOf(b))[0];

function adviseThreads(here: readonly ReportCell[]): Found {
  const engine = here.filter(({ prover }) => prover === 'engine');
  const groups = bySubject(engine.length > 0 ? engine : here.filter(({ prover }) => prover === 'snarkjs'));
  const tried = groups.filter((group) => new Set(group.map(({ threads }) => threads)).size > 1);
  if (tried.length === 0) return { why: 'proofs were made with one number of threads only' };
  // Where time matters most.
  const group = tried
    .map((cells) => cells.filter(isEnough).sort((a, b) => (a.threads ?? 0) - (b.threads ?? 0)))
    .filter((cells) => cells.length > 1)
    .at(-1);
  const best = group && fastest(group);
  if (group === undefined || best === undefined) {
    return { why: `it takes ${LEAST_RUNS} proofs with at least two numbers of threads` };
  }
  for (const cell of group) {
    const against = compareCells(best, cell);
    const asGood = cell === best || (against.high !== null && against.high <= 1 + WORTH_SHARE);
    if (asGood) return chooseThreads(cell, group);
    if (slowerForSure(against)) continue;
    const [few, many] = [threadsText(cell.threads ?? 1), threadsText(best.threads ?? 1)];
    return {
      why: `${few} (${timeText(medianOf(cell))}) and ${many} (${timeText(medianOf(best))}) cannot be told apart for ${subjectText(cell)}: more iterations would tell`,
    };
  }
  return { why: 'no number of threads stands out' };
}

function chooseThreads(cell: ReportCell, group: readonly ReportCell[]): Recommendation {
  const threads = cell.threads ?? 1;
  const others = group.filter((other) => other !== cell);
  const against = others.map((other) => `${timeText(medianOf(other))} with ${other.threads}`).join(', ');
  return {
    kind: 'threads',
    text: `Use ${threadsText(threads)}: a proof of ${subjectText(cell)} takes ${timeText(medianOf(cell))} with ${threads === 1 ? 'it' : 'them'}, ${against}.`,
    figures: group.map((one) => median(one, threadsText(one.threads ?? 1))),
    setting: { threads },
  };
}

function adviseSize(here: readonly ReportCell[]): Found {
  const groups = bySubject(here);
  const fine: ReportCell[] = [];
  let tooMuch: { cell: ReportCell; why: string } | null = null;
  // Neither quick nor too much: cancelled before, or failed for another reason.
  let unknown: ReportCell | undefined;
  for (const group of groups) {
    const best = fastest(group);
    if (best !== undefined) {
      const p95 = best.figures.totalMs?.p95 ?? Number.POSITIVE_INFINITY;
      if (p95 <= PATIENCE_MS) {
        fine.push(best);
        continue;
      }
      tooMuch = { cell: best, why: `${subjectText(best)} took up to ${timeText(p95)}` };
      break;
    }
    const failed = group.find(isTooMuch);
    if (failed === undefined) {
      unknown = group[0];
      break;
    }
    tooMuch = {
      cell: failed,
      why: `${subjectText(failed)} could not be proved: ${failed.error?.message.replace(/\.$/, '')}`,
    };
    break;
  }
  const largest = fine.at(-1);
  const figures = [...fine, ...(tooMuch === null ? [] : [tooMuch.cell])].flatMap((cell) =>
    isEnough(cell) ? [ms(`${subjectText(cell)}, 95 % within`, cell.figures.totalMs?.p95 ?? 0)] : [],
  );
  if (largest === undefined && tooMuch === null) {
    return { why: `it takes ${LEAST_RUNS} proofs of a size` };
  }
  if (largest === undefined) {
    return { why: `no measured size is done within ${timeText(PATIENCE_MS)} here: ${tooMuch?.why}` };
  }
  if (unknown !== undefined) {
    return {
      why: `${subjectText(unknown)} were not proved ${LEAST_RUNS} times: it is not known whether larger sizes than ${subjectText(largest)} are too much`,
    };
  }
  const within = timeText(largest.figures.totalMs?.p95 ?? 0);
  return {
    kind: 'size',
    text:
      tooMuch === null
        ? `Every measured size can be proved here: ${subjectText(largest)} take ${within} at most in 95 of 100 cases.`
        : `Prove up to ${subjectText(largest)} here (${within}): ${tooMuch.why}; more than ten seconds are long to wait.`,
    figures,
    setting: {
      hereConstraintsMost: largest.constraints,
      ...(tooMuch === null && { atLeast: true as const }),
    },
  };
}

interface Pair {
  here: ReportCell | null;
  there: ReportCell;
  pays: boolean;
  decided: boolean;
}

function adviseServer(cells: readonly ReportCell[]): Found | null {
  const servers = cells.filter(({ place }) => place.kind === 'server');
  if (servers.length === 0) return { why: 'no server was measured' };
  const pairs = bySubject(cells).flatMap((group): Pair[] => {
    const there = fastest(group.filter(({ place }) => place.kind === 'server'));
    const local = group.filter(({ place }) => place.kind === 'here');
    const here = fastest(local);
    if (there === undefined) return [];
    if (here !== undefined) return [{ here, there, ...worthOf(here, there) }];
    const cannot = local.some(({ error }) => error?.group === 'resource');
    return cannot ? [{ here: null, there, pays: true, decided: true }] : [];
  });
  if (pairs.length === 0) {
    return { why: `it takes ${LEAST_RUNS} proofs of the same size here and on a server` };
  }
  const figures = pairs.flatMap(({ here, there }) => [
    ...(here === null ? [] : [median(here, `${subjectText(here)} here`)]),
    median(there, `${subjectText(there)} on ${nameOf(there)}`),
  ]);
  // From the largest down, as long as it pays.
  let from = pairs.length;
  while (from > 0 && pairs[from - 1]?.pays === true) from--;
  const first = pairs[from];
  if (first !== undefined) {
    const hereText = first.here === null ? 'too little memory' : timeText(medianOf(first.here));
    return {
      kind: 'server',
      text: `${nameOf(first.there)} pays off from ${subjectText(first.there)} on: ${timeText(medianOf(first.there))} there, the way there and back included; ${hereText} here.`,
      figures,
      setting: { offload: 'automatic' },
    };
  }
  if (pairs.some(({ decided }) => !decided)) {
    return { why: 'here and there cannot be told apart: more iterations would tell' };
  }
  const last = pairs.at(-1)!;
  return {
    kind: 'server',
    text: `A server does not pay off at the measured sizes: ${subjectText(last.there)} take ${timeText(medianOf(last.there))} there and ${timeText(last.here === null ? 0 : medianOf(last.here))} here.`,
    figures,
    setting: null,
  };
}

const nameOf = ({ place }: ReportCell): string => (place.kind === 'server' ? place.name : 'this device');

function worthOf(here: ReportCell, there: ReportCell): { pays: boolean; decided: boolean } {
  const savedMs = medianOf(here) - medianOf(there);
  const worth = savedMs >= LEAVING_MS && savedMs >= LEAVING_SHARE * medianOf(here);
  const pays = worth && fasterForSure(compareCells(here, there));
  // Worth it by its median, but within the noise.
  return { pays, decided: pays || !worth };
}

function adviseMemory(here: readonly ReportCell[]): Found {
  const told = here.filter(({ figures }) => figures.peakBytes !== null && figures.totalMs !== null);
  if (told.length === 0) return { why: 'this platform does not tell how much memory a proof takes' };
  // Of our own engine, since a proof falls back to snarkjs seldom; of all where there is no other.
  const engine = told.filter(({ prover }) => prover === 'engine');
  const groups = bySubject(engine.length > 0 ? engine : told);
  const largest = groups.at(-1) ?? [];
  const most = Math.max(...groups.flat().map(({ figures }) => figures.peakBytes ?? 0));
  const limit = MEMORY_STEPS_BYTES.find((step) => step >= MEMORY_SHARE * most);
  const [first] = largest;
  if (limit === undefined || first === undefined) return { why: 'it took more memory than any limit offers' };
  const largerFailed = here.some((cell) => cell.constraints > first.constraints && isTooMuch(cell));
  return {
    kind: 'memory',
    text: `Allow ${largerFailed ? '' : 'at least '}${bytesText(limit)} of memory for a proof: for up to ${subjectText(first)} the most that was measured is ${bytesText(most)}.`,
    figures: groups.map((group) => ({
      what: `${subjectText(group[0]!)}, most measured`,
      value: Math.max(...group.map(({ figures }) => figures.peakBytes ?? 0)),
      unit: 'bytes',
    })),
    setting: { memoryLimitBytes: limit, ...(largerFailed ? {} : { atLeast: true }) },
  };
}

/** Only where both were measured; which one a proof takes is not set by anyone. */
function adviseProver(here: readonly ReportCell[]): Found | null {
  const pairs = bySubject(here).flatMap((group) => {
    const engine = fastest(group.filter(({ prover }) => prover === 'engine'));
    const snarkjs = fastest(group.filter(({ prover }) => prover === 'snarkjs'));
    return engine === undefined || snarkjs === undefined ? [] : [{ engine, snarkjs }];
  });
  const pair = pairs.at(-1);
  if (pair === undefined) return null;
  const ratio = compareCells(pair.engine, pair.snarkjs);
  if (!slowerForSure(ratio)) return { why: 'engine and snarkjs cannot be told apart' };
  const { low, high } = ratio;
  return {
    kind: 'prover',
    text: `The engine is ${ratio.ratio.toFixed(1)} times as fast as snarkjs for ${subjectText(pair.engine)} (${low?.toFixed(1)} to ${high?.toFixed(1)}).`,
    figures: [
      median(pair.engine, 'engine'),
      median(pair.snarkjs, 'snarkjs'),
      { what: 'ratio', value: ratio.ratio, unit: 'times' },
    ],
    setting: null,
  };
}
