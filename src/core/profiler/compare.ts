// Two reports side by side: for each combination that both measured, how much faster or slower the second is, with the
// noise of both; and what else differs between them. Pure.
import { type Ratio, ratioOf } from './noise.ts';
import type { ProfileReport } from './report.ts';
import type { ReportCell } from './samples.ts';
import { cellText, type NamedCell, timeText } from './words.ts';

export type Verdict = 'faster' | 'slower' | 'no difference' | 'unclear';

export interface ComparedCell {
  cell: NamedCell & Pick<ReportCell, 'id'>;
  beforeMs: number;
  afterMs: number;
  beforeRuns: number;
  afterRuns: number;
  /** Of after to before. */
  ratio: Ratio;
  /** `no difference`: a difference of 10 % or more is ruled out; `unclear`: it is not, but none is shown either. */
  verdict: Verdict;
}

export interface Comparison {
  cells: ComparedCell[];
  /** In one of the two only, or without a proof in one. */
  unmatched: { what: string; only: 'before' | 'after' }[];
  /** Why the two may differ, apart from what one wants to know. */
  differences: string[];
}

/** Smaller than this is no difference that anyone would notice. */
const NOTICED_SHARE = 0.1;

export function compareReports(before: ProfileReport, after: ProfileReport): Comparison {
  const others = new Map(after.cells.filter(hasFigures).map((cell) => [keyOf(cell), cell]));
  const cells: ComparedCell[] = [];
  const unmatched: Comparison['unmatched'] = [];
  for (const cell of before.cells.filter(hasFigures)) {
    const other = others.get(keyOf(cell));
    others.delete(keyOf(cell));
    if (other === undefined) unmatched.push({ what: cellText(cell), only: 'before' });
    else cells.push(compareCell(cell, other));
  }
  for (const cell of others.values()) unmatched.push({ what: cellText(cell), only: 'after' });
  return { cells, unmatched, differences: differencesOf(before, after) };
}

const hasFigures = ({ figures }: ReportCell): boolean => figures.totalMs !== null;

/** The same key of the same circuit, or times say nothing about each other; servers by name, since ids are this
 * browser's own. */
function keyOf({ zkeySha256, size, place, prover, threads }: ReportCell): string {
  return JSON.stringify([zkeySha256, size, place.kind === 'server' ? place.name : null, prover, threads]);
}

function compareCell(before: ReportCell, after: ReportCell): ComparedCell {
  const samples = ({ runs }: ReportCell) => runs.filter(({ warmUp }) => !warmUp).map((run) => run.totalMs);
  const [a, b] = [samples(before), samples(after)];
  const ratio = ratioOf(a, b) ?? { ratio: 1, low: null, high: null };
  const { id, circuit, size, place, prover, threads } = after;
  return {
    cell: { id, circuit, size, place, prover, threads },
    beforeMs: before.figures.totalMs?.p50 ?? 0,
    afterMs: after.figures.totalMs?.p50 ?? 0,
    beforeRuns: a.length,
    afterRuns: b.length,
    ratio,
    verdict: verdictOf(ratio),
  };
}

function verdictOf({ low, high }: Ratio): Verdict {
  if (low === null || high === null) return 'unclear';
  if (high < 1) return 'faster';
  if (low > 1) return 'slower';
  return low > 1 / (1 + NOTICED_SHARE) && high < 1 + NOTICED_SHARE ? 'no difference' : 'unclear';
}

function differencesOf(before: ProfileReport, after: ProfileReport): string[] {
  const [a, b] = [before.machine, after.machine];
  const named = (what: string, one: unknown, other: unknown) =>
    one === other ? [] : [`${what}: ${one ?? 'not told'}, then ${other ?? 'not told'}`];
  return [
    ...named('Measured by', a.kind, b.kind),
    ...named('Name', a.name, b.name),
    ...named('Runtime', a.runtime, b.runtime),
    ...named('Cores', a.cores, b.cores),
    ...named('Shared memory', a.sharedMemory, b.sharedMemory),
    ...named('Warm-ups', before.request.warmupIterations, after.request.warmupIterations),
    ...(before.state === 'cancelled' ? ['The first was cancelled before its end'] : []),
    ...(after.state === 'cancelled' ? ['The second was cancelled before its end'] : []),
  ];
}

/** "1.32 times as long (1.21 to 1.44)". */
export function ratioText({ ratio, low, high }: Ratio): string {
  const noise = low === null || high === null ? 'noise not known' : `${low.toFixed(2)} to ${high.toFixed(2)}`;
  return `${ratio.toFixed(2)} times as long (${noise})`;
}

export const VERDICT_TEXT: Record<Verdict, string> = {
  faster: 'faster',
  slower: 'slower',
  'no difference': 'no difference to notice',
  unclear: 'cannot be told from noise',
};

/** Lines for the command line. */
export function comparisonText({ cells, unmatched, differences }: Comparison): string {
  const lines = cells.map(
    ({ cell, beforeMs, afterMs, ratio, verdict }) =>
      `${cellText(cell)}: ${timeText(beforeMs)}, then ${timeText(afterMs)}; ${ratioText(ratio)}: ${VERDICT_TEXT[verdict]}`,
  );
  if (cells.length === 0) lines.push('The two have no combination in common.');
  for (const { what, only } of unmatched)
    lines.push(`${what}: only in the ${only === 'before' ? 'first' : 'second'}`);
  return [...lines, ...differences].map((line) => `${line}\n`).join('');
}
