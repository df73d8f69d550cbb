// What a proof takes on one backend: what runs alike took when the device had nothing else to do, times how busy it is
// now. Both are learnt from the same runs; how far they are off is spread.ts's matter.
import { medianOf } from './metrics/statistics.ts';

/** What the prover has at hand when a run starts. It keeps the last key for a while, and itself. */
export type Readiness =
  /** Nothing: it has to start, or to take another number of threads. */
  | 'starting'
  /** Another key. */
  | 'loading'
  /** The key, from the one run before: memory and compiled code are still settling. */
  | 'settling'
  | 'warm';

/** Of runs alike: enough to hold through a busy hour, few enough to follow a new browser. */
const KEPT_ALIKE = 15;
/** How much of what a run was off by is put down to how busy the device is, and how much at most (as a logarithm): a
 * laptop that slept says nothing. Back-tested with 0.2 to 0.4 and 0.3 to 0.6, which differ little. */
const BUSY_STEP = 0.2;
const BUSY_STEP_MOST = 0.5;
/** What is scaled may be off by itself. */
const BUSY_STEP_SCALED = 0.1;
/** Other programs come and go: after so long, half of what they cost is thought to be over. */
const BUSY_HALF_MS = 10 * 60_000;

/** Time over a warm run's, as a logarithm, where no runs alike are known: medians of 100 proofs of three sizes by the
 * engine. */
const READINESS_COSTS: Record<Readiness, number> = { starting: 0.75, loading: 0.4, settling: 0.2, warm: 0 };

/** Every proof takes as long as this many constraints more. */
const FIXED_CONSTRAINTS = 10_000;

/** `a`'s time over `b`'s, by size alone. */
export function sizeRatio(a: number, b: number): number {
  return (a + FIXED_CONSTRAINTS) / (b + FIXED_CONSTRAINTS);
}

/** At a speed that was taken from elsewhere. */
export function assumedMs(
  msPerConstraint: number,
  { constraints, keepsKey, readiness }: Pick<Run, 'constraints' | 'keepsKey' | 'readiness'>,
): number {
  return (
    msPerConstraint * (constraints + FIXED_CONSTRAINTS) * Math.exp(keepsKey ? READINESS_COSTS[readiness] : 0)
  );
}

export interface Run {
  /** Runs of one group are compared, others only share how busy the device is: the rung, or what stands for it. */
  group: string;
  /** Whether readiness makes a difference: snarkjs keeps nothing, and what a remote has at hand is not known. */
  keepsKey: boolean;
  /** The zkey's digest. */
  key: string;
  constraints: number;
  readiness: Readiness;
  nowMs: number;
}

export interface UsualTimes {
  /** Null: nothing is known of this group. `own`: from runs of this circuit. */
  point(run: Run): { ms: number; runs: number; own: boolean } | null;
  learn(run: Run, ms: number): void;
}

interface Known {
  constraints: number;
  /** Of all. */
  count: number;
  /** Logarithms of milliseconds on an idle device, oldest first. */
  alike: Map<Readiness, number[]>;
}

export function createUsualTimes(): UsualTimes {
  const groups = new Map<string, Map<string, Known>>();
  let busy = 0;
  let busyAtMs = 0;

  /** As a logarithm: 0 is as usual. */
  const busyAt = (nowMs: number) => busy * 2 ** (-Math.max(0, nowMs - busyAtMs) / BUSY_HALF_MS);

  /** Of this circuit, else of the one nearest in size. */
  function nearest({ group, key, constraints }: Run): { known: Known; own: boolean } | null {
    const circuits = groups.get(group);
    const own = circuits?.get(key);
    if (own !== undefined) return { known: own, own: true };
    const distance = (known: Known) => Math.abs(Math.log(sizeRatio(known.constraints, constraints)));
    const [known] = [...(circuits?.values() ?? [])].sort((a, b) => distance(a) - distance(b));
    return known === undefined ? null : { known, own: false };
  }

  function idleMs(run: Run): { log: number; runs: number; own: boolean } | null {
    const found = nearest(run);
    if (found === null) return null;
    const { known, own } = found;
    const alike = known.alike.get(run.readiness);
    const cost = (readiness: Readiness) => (run.keepsKey ? READINESS_COSTS[readiness] : 0);
    const others = () =>
      [...known.alike].flatMap(([readiness, logs]) =>
        logs.map((log) => log - cost(readiness) + cost(run.readiness)),
      );
    const ratio = own ? 1 : sizeRatio(run.constraints, known.constraints);
    return { log: medianOf(alike ?? others()) + Math.log(ratio), runs: known.count, own };
  }

  return {
    point(run) {
      const idle = idleMs(run);
      if (idle === null) return null;
      // A thousandth, since logarithms are not exact.
      const ms = Math.round(1_000 * Math.exp(idle.log + busyAt(run.nowMs))) / 1_000;
      return { ms, runs: idle.runs, own: idle.own };
    },
    learn(run, ms) {
      const before = idleMs(run);
      busy = busyAt(run.nowMs);
      busyAtMs = run.nowMs;
      if (before !== null) {
        const off = Math.log(ms) - before.log - busy;
        const step = before.own ? BUSY_STEP : BUSY_STEP_SCALED;
        busy += step * Math.max(-BUSY_STEP_MOST, Math.min(BUSY_STEP_MOST, off));
      }
      const circuits = groups.get(run.group) ?? new Map<string, Known>();
      groups.set(run.group, circuits);
      const known = circuits.get(run.key) ?? { constraints: run.constraints, count: 0, alike: new Map() };
      circuits.set(run.key, known);
      known.count++;
      const alike = known.alike.get(run.readiness) ?? [];
      known.alike.set(run.readiness, [...alike, Math.log(ms) - busy].slice(-KEPT_ALIKE));
    },
  };
}
