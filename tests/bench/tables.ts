// The benches' results as Markdown tables.
import type { ClaimRow } from './claim.ts';
import type { DispatchRow } from './dispatch.ts';
import type { FleetRow } from './fleet.ts';
import type { FleetOverheadRow } from './fleet-overhead.ts';
import type { KeyRow } from './keys.ts';
import type { OffloadRow } from './offload.ts';
import type { ProvePart, ProveRow } from './prove.ts';
import type { QueueRow } from './queue.ts';
import type { UserPageRow } from './user-page.ts';

export type Part =
  | ({ bench: 'prove' } & ProvePart & Occasion)
  | ({ bench: 'page'; circuit: string; domain: number; rounds: number; rows: UserPageRow[] } & Occasion)
  | ({ bench: 'claim'; rows: ClaimRow[]; rounds: number } & Occasion)
  | ({ bench: 'keys'; rows: KeyRow[]; rounds: number } & Occasion)
  | ({ bench: 'queue'; rows: QueueRow[]; rounds: number } & Occasion)
  | ({ bench: 'dispatch'; rows: DispatchRow[]; rounds: number } & Occasion)
  | ({ bench: 'fleet'; rows: FleetRow[]; rounds: number } & Occasion)
  | ({ bench: 'fleet-overhead'; rows: FleetOverheadRow[]; rounds: number } & Occasion)
  | ({ bench: 'offload'; circuit: string; rows: OffloadRow[]; rounds: number } & Occasion);

/** When a part was measured, and how busy the machine was before: 1-minute load average. */
export interface Occasion {
  at: string;
  loadBefore: number;
}

const NONE = '–';
const ms = (value: number | null): string =>
  value === null ? NONE : value < 10 ? value.toFixed(1) : Math.round(value).toString();
const ratio = (value: number | null): string => (value === null ? NONE : value.toFixed(1));
const mebibytes = (bytes: number | null): string =>
  bytes === null ? NONE : Math.round(bytes / 2 ** 20).toString();
const percent = (share: number): string => `${Math.round(100 * share)} %`;

function table(head: string[], rows: (string | number)[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function titleOf(part: Part): string {
  if (part.bench === 'queue') return 'The queue';
  if (part.bench === 'dispatch') return 'Dispatch alone';
  if (part.bench === 'fleet') return 'Dispatch in a fleet';
  if (part.bench === 'fleet-overhead') return 'A fleet beside one server';
  if (part.bench === 'offload') return `${part.circuit} by a worker server`;
  if (part.bench === 'page') return `${part.circuit} in a page that proves from addresses`;
  if (part.bench === 'claim') return 'The whole claim, in the app';
  return part.bench === 'keys' ? 'Development keys' : `${part.circuit} in ${part.place}`;
}

export function tableOf(part: Part): string {
  if (part.bench === 'claim') return claimTable(part.rows);
  if (part.bench === 'page') return userPageTable(part.rows);
  if (part.bench === 'keys') return keyTable(part.rows);
  if (part.bench === 'queue') return queueTable(part.rows);
  if (part.bench === 'dispatch') return dispatchTable(part.rows);
  if (part.bench === 'offload') return offloadTable(part.rows);
  if (part.bench === 'fleet') return fleetTable(part.rows);
  if (part.bench === 'fleet-overhead') return overheadTable(part.rows);
  return `${proveTable(part.rows)}\n\n${stageTable(part.rows)}`;
}

function proveTable(rows: ProveRow[]): string {
  const head = [
    ...[
      'prover',
      'threads',
      'predicted ms',
      'first proof ms',
      'of it key and threads ms',
      'warm ms',
      'of it key and threads ms',
      'processor ms',
    ],
    ...['snarkjs ÷ this', 'by processor time', 'peak MiB', 'added by proving MiB', 'of snarkjs’'],
  ];
  const lines = rows.map((row) => {
    const peer = rows.find(({ prover, threads }) => prover === 'snarkjs' && threads === row.threads);
    const [own, theirs] = [added(row), peer === undefined ? null : added(peer)];
    const share = own === null || theirs === null || theirs === 0 ? NONE : percent(own / theirs);
    return [
      ...[nameOf(row), threadsOf(row), ms(row.predictedMs), ms(row.coldMs), ms(row.keyMs), ms(row.warmMs)],
      ms(row.warmKeyMs ?? null),
      ...[
        ms(row.warmCpuMs),
        ratio(row.ratio),
        ratio(row.cpuRatio),
        mebibytes(row.peakBytes),
        mebibytes(own),
        share,
      ],
    ];
  });
  return table(head, lines);
}

/** What proving adds to the peak of the page or process with its files. */
const added = ({ peakBytes, baseBytes }: ProveRow): number | null =>
  peakBytes === null || baseBytes === null ? null : peakBytes - baseBytes;

const nameOf = ({ prover, tier }: ProveRow): string =>
  tier === null || prover.endsWith(tier) ? prover : `${prover}, ${tier}`;

/** Fewer than were asked for may have proved: then both. */
const threadsOf = ({ threads, ranThreads }: ProveRow): string =>
  (ranThreads ?? threads) === threads ? `${threads}` : `${ranThreads} of ${threads}`;

/** Threads' time of the engine by kind of task, and its share. */
function stageTable(rows: ProveRow[]): string {
  const engines = rows.filter(({ stagesMs }) => stagesMs !== null);
  const stages = [...new Set(engines.flatMap(({ stagesMs }) => Object.keys(stagesMs!)))];
  return table(
    ['threads’ ms', ...engines.map((row) => `${nameOf(row)}, ${threadsOf(row)}`)],
    stages.map((stage) => [
      stage,
      ...engines.map(({ stagesMs }) => {
        const all = Object.values(stagesMs!).reduce((sum, own) => sum + own, 0);
        const own = stagesMs![stage];
        return own === undefined ? NONE : `${ms(own)} (${percent(own / all)})`;
      }),
    ]),
  );
}

function userPageTable(rows: UserPageRow[]): string {
  const empty = rows.find(({ page }) => page === 'empty')?.peakBytes ?? null;
  return table(
    ['page', 'peak MiB', 'above an empty page MiB'],
    rows.map(({ page, peakBytes }) => [
      page,
      mebibytes(peakBytes),
      mebibytes(peakBytes === null || empty === null ? null : peakBytes - empty),
    ]),
  );
}

function keyTable(rows: KeyRow[]): string {
  return table(
    ['circuit', 'constraints', 'rows', 's', 'processor s'],
    rows.map(({ circuit, constraints, domain, wallMs, processorMs }) => [
      ...[circuit, constraints, `2^${Math.log2(domain)}`],
      ...[(wallMs / 1000).toFixed(1), (processorMs / 1000).toFixed(1)],
    ]),
  );
}

function claimTable(rows: ClaimRow[]): string {
  const head = [
    ...['circuit', 'people', 'records', 'import ms', 'snapshot ms', 'witness ms', 'prove ms', 'verify ms'],
    ...['claim cold ms', 'claim warm ms', 'bare snarkjs ms', 'ratio', 'peak MiB', 'snarkjs peak MiB'],
  ];
  const lines = rows.map((row) => [
    ...[row.circuit, row.people, row.records, ms(row.importMs), ms(row.snapshotMs), ms(row.witnessMs)],
    ...[ms(row.provingMs), ms(row.verifyMs), ms(row.coldMs), ms(row.warmMs), ms(row.peerMs)],
    ...[ratio(row.ratio), mebibytes(row.peakBytes), mebibytes(row.peerPeakBytes)],
  ]);
  return table(head, lines);
}

/** Microseconds matter in memory. */
const fine = (value: number): string => (value < 1 ? value.toFixed(3) : value.toFixed(1));

function queueTable(rows: QueueRow[]): string {
  const head = [
    ...['store', 'waiting jobs', 'add ms', 'claim ms', 'commit ms', 'claim and commit ms', 'predicted ms'],
    ...['95th percentile ms', 'jobs a second', 'growth'],
  ];
  const lines = rows.map((row) => [
    ...[row.place, row.jobs.toLocaleString('en'), fine(row.addMs), fine(row.claimMs), fine(row.commitMs)],
    ...[fine(row.claimMs + row.commitMs), fine(row.predictedMs), fine(row.p95Ms), row.perSecond],
    `× ${row.growth.toFixed(1)}`,
  ]);
  return table(head, lines);
}

function offloadTable(rows: OffloadRow[]): string {
  return table(
    ['proof', 'ms', '95th percentile ms', '÷ bare', 'longer than bare ms', 'predicted ms'],
    rows.map(({ way, ms: took, p95Ms, ratio: times, overMs, predictedOverMs }) => [
      ...[way, ms(took), ms(p95Ms), times === null ? NONE : times.toFixed(2), ms(overMs)],
      ms(predictedOverMs),
    ]),
  );
}

function dispatchTable(rows: DispatchRow[]): string {
  return table(
    ['jobs at once', 'jobs', 'jobs a second', 'ms each', 'processor ms each', 'predicted ms'],
    rows.map(({ slots, jobs, perSecond, msEach, cpuMsEach, predictedMs }) => [
      ...[slots, jobs.toLocaleString('en'), perSecond, fine(msEach), fine(cpuMsEach), fine(predictedMs)],
    ]),
  );
}

function fleetTable(rows: FleetRow[]): string {
  return table(
    [
      ...['queue', 'prover processes', 'jobs', 'jobs a second', 'at most', 'predicted'],
      ...['wait at half of that ms', '95th percentile ms'],
    ],
    rows.map(({ queue, processes, jobs, perSecond, atMost, predicted, waitMs, waitP95Ms }) => [
      ...[queue, processes, jobs, perSecond, atMost, predicted, ms(waitMs), ms(waitP95Ms)],
    ]),
  );
}

function overheadTable(rows: FleetOverheadRow[]): string {
  return table(
    [
      ...['circuit', 'one server ms', 'gateway and prover ms', 'longer ms', 'predicted ms'],
      ...['longer without expected signals ms', 'predicted ms'],
    ],
    rows.map(({ circuit, serverMs, fleetMs, overMs, predictedOverMs, untoldOverMs, predictedUntoldMs }) => [
      ...[circuit, ms(serverMs), ms(fleetMs), ms(overMs), ms(predictedOverMs)],
      ...[ms(untoldOverMs ?? null), ms(predictedUntoldMs ?? null)],
    ]),
  );
}

/** What was to be reached: at least, and aimed at. */
interface Aim {
  what: string;
  least: number;
  aim: number;
  /** What the parts say; null where they do not. */
  of: (parts: Part[]) => number | null;
  /** Why it is missed, where it is. */
  why?: string;
  /** What else must be known to read it. */
  note?: (parts: Part[]) => string | null;
}

const WHY_PRIVATE = 'without isolation threads share no memory, so each holds the whole key';

const AIMS: Aim[] = [
  ...(['reputation-256', 'semaphore-32', 'reputation-1024'] as const).map((circuit) => ({
    what: `${circuit}, Chromium, 2 threads`,
    least: 8,
    aim: circuit === 'reputation-256' ? 14 : 12,
    of: (parts: Part[]) => ratioOf(parts, circuit, 'Chromium', ({ threads }) => threads === 2),
  })),
  ...(['reputation-256', 'semaphore-32', 'reputation-1024'] as const).map((circuit) => ({
    what: `${circuit}, Chromium, not isolated, 1 thread`,
    least: 7,
    aim: 10,
    of: (parts: Part[]) => ratioOf(parts, circuit, 'Chromium, not isolated', ({ threads }) => threads === 1),
  })),
  ...(
    [
      ['simd128', 4, 6],
      ['scalar', 3, 4.5],
    ] as const
  ).map(([tier, least, aim]) => ({
    what: `reputation-256, Chromium, 2 threads, ${tier} tier`,
    least,
    aim,
    of: (parts: Part[]) => ratioOf(parts, 'reputation-256', 'Chromium', (row) => row.tier === tier),
  })),
  {
    what: 'reputation-256, Node 20, 2 threads',
    least: 5,
    aim: 8,
    of: (parts) => ratioOf(parts, 'reputation-256', 'Node', ({ threads }) => threads === 2),
  },
  ...(['semaphore-32', 'reputation-256', 'reputation-1024'] as const).flatMap((circuit) =>
    (['Chromium', 'Chromium, not isolated'] as const).flatMap((place) =>
      [
        { what: 'peak memory ÷ the engine’s', of: (row: ProveRow) => row.peakBytes, why: WHY_PRIVATE },
        { what: 'peak memory added by proving ÷ the engine’s', of: added },
      ].map(({ what, of, why }) => ({
        what: `${circuit}, ${place}, 2 threads: snarkjs’ ${what}`,
        least: 2,
        aim: 4,
        of: (parts: Part[]) => memoryRatio(parts, circuit, place, of),
        note: (parts: Part[]) => fewerThreads(parts, circuit, place),
        ...(place !== 'Chromium' && why !== undefined && { why }),
      })),
    ),
  ),
  ...(['semaphore-32', 'reputation-256', 'reputation-1024'] as const).flatMap((circuit) =>
    [true, false].map((aboveEmpty) => ({
      what: `${circuit}, page that proves from addresses: snarkjs’ peak memory ÷ the library’s${aboveEmpty ? ', both above an empty page' : ', the browser’s own included'}`,
      least: 2,
      aim: 4,
      of: (parts: Part[]) => pageRatio(parts, circuit, aboveEmpty),
    })),
  ),
];

/** snarkjs' page by the library's, of the whole or of what is above an empty page. */
function pageRatio(parts: Part[], circuit: string, aboveEmpty: boolean): number | null {
  const part = parts.find((one) => one.bench === 'page' && one.circuit === circuit);
  const bytesOf = (page: UserPageRow['page']) =>
    (part?.rows as UserPageRow[] | undefined)?.find((row) => row.page === page)?.peakBytes ?? null;
  const [ours, theirs, empty] = [bytesOf('gnomon'), bytesOf('snarkjs'), bytesOf('empty')];
  if (ours === null || theirs === null || empty === null) return null;
  return aboveEmpty ? (theirs - empty) / (ours - empty) : theirs / ours;
}

function rowsOf(parts: Part[], circuit: string, place: string): ProveRow[] {
  const isIt = (part: Part) => part.bench === 'prove' && part.circuit === circuit && part.place === place;
  return (parts.find(isIt)?.rows as ProveRow[] | undefined) ?? [];
}

/** Of the engine's first row that fits: the fastest tier comes first. */
function ratioOf(
  parts: Part[],
  circuit: string,
  place: string,
  fits: (row: ProveRow) => boolean,
): number | null {
  return rowsOf(parts, circuit, place).find((row) => row.tier !== null && fits(row))?.ratio ?? null;
}

/** Asked for two threads. */
const rowOfTwo = (parts: Part[], circuit: string, place: string, isOurs: boolean): ProveRow | undefined =>
  rowsOf(parts, circuit, place).find(({ threads, tier }) => threads === 2 && (tier !== null) === isOurs);

function memoryRatio(
  parts: Part[],
  circuit: string,
  place: string,
  bytesOf: (row: ProveRow) => number | null,
): number | null {
  const [ours, peer] = [true, false].map((isOurs) => {
    const row = rowOfTwo(parts, circuit, place, isOurs);
    return row === undefined ? null : bytesOf(row);
  });
  return ours && peer ? peer / ours : null;
}

function fewerThreads(parts: Part[], circuit: string, place: string): string | null {
  const ran = rowOfTwo(parts, circuit, place, true)?.ranThreads ?? 2;
  return ran === 2 ? null : `with ${ran} of the 2 threads, to save memory`;
}

/** Aims beside what the parts say, also those that no part tells. */
export function aimTable(parts: Part[]): string {
  const lines = AIMS.map(({ what, least, aim, of, why, note }) => {
    const reached = of(parts);
    if (reached === null) return [what, least, aim, NONE, 'not measured'];
    const missed = why === undefined ? 'missed' : `missed: ${why}`;
    const verdict = reached >= aim ? 'aim reached' : reached >= least ? 'enough' : missed;
    const noted = [verdict, note?.(parts) ?? null].filter((part) => part !== null).join(', ');
    return [what, least, aim, ratio(reached), noted];
  });
  return table(['', 'at least', 'aim', 'measured', ''], lines);
}
