// Makes a record of each attempt, as it ends. Sees counts, times and codes only: what goes in and what comes out stays
// with the attempt.
import type { AttemptEnd } from '../attempt.ts';
import type { Expectation } from '../estimates.ts';
import type { CircuitInput } from '../groth16.ts';
import type { Attempt, Job, Progress, Stage } from '../job.ts';
import type { Backend, Claim, Clock } from '../ports.ts';
import type { AttemptRecord, MetricsSink } from './attempt-record.ts';
import { codeToKeep } from './known-codes.ts';

/** Why an attempt was ended from outside: by the person, or given back to be run again. */
export type EndedAs = 'cancelled' | 'released';

export interface AttemptWatch {
  progress(progress: Progress): void;
  ended(end: AttemptEnd, from: EndedAs): void;
}

export interface Recorder {
  begins(claim: Claim, backend: Backend, predicted: Expectation | null): AttemptWatch;
  /** News of a job: whether its last attempt was left behind by an owner that died. */
  heard(job: Job, backends: readonly Backend[]): void;
}

const NOT_MADE = { tier: null, fromCache: null, peakMemoryBytes: null };
/** Stalled attempts that were recorded already, for jobs that are heard of again. */
const KEPT_STALLS = 1_000;

export function createRecorder(sink: MetricsSink | undefined, clock: Clock): Recorder {
  const stalls = new Set<string>();
  const sinceMs = clock.nowMs();

  return {
    begins({ job, input }, backend, predicted) {
      const beganMs = clock.monotonicMs();
      const entered: [stage: Stage, atMs: number][] = [];
      return {
        progress({ stage }) {
          if (entered.at(-1)?.[0] !== stage) entered.push([stage, clock.monotonicMs()]);
        },
        ended(end, from) {
          const attempt = job.attempts.at(-1);
          if (attempt === undefined) return;
          const endMs = clock.monotonicMs();
          const seenMs = Object.fromEntries(
            entered.map(([stage, atMs], nth) => [stage, (entered[nth + 1]?.[1] ?? endMs) - atMs]),
          );
          const proved = end.kind === 'proved' ? end : null;
          // What another machine says of its own times is not ours to keep.
          const own = backend.kind === 'remote' ? {} : (proved?.result.timingsMs ?? {});
          sink?.record({
            ...aboutAttempt(job, attempt),
            endedAtMs: clock.nowMs(),
            kind: backend.kind,
            label: backend.label,
            // A server keeps inputs apart from its jobs; no circuit takes nothing.
            inputValues: countValues(input) + job.secrets.length || null,
            threads: proved?.result.threads ?? null,
            ...(proved?.made ?? NOT_MADE),
            stagesMs: { ...seenMs, ...own },
            totalMs: endMs - beganMs,
            proveMs: proved?.proveMs ?? null,
            predictedMs: predicted?.ms ?? null,
            predictedLowMs: predicted?.lowMs ?? null,
            predictedHighMs: predicted?.highMs ?? null,
            outcome: proved !== null ? 'succeeded' : end.kind === 'error' ? 'failed' : from,
            errorCode: end.kind === 'error' ? codeToKeep(backend.kind, end.error.code) : null,
          });
        },
      };
    },

    heard(job, backends) {
      const attempt = job.attempts.at(-1);
      if (attempt?.outcome !== 'stalled' || (attempt.endedAtMs ?? 0) < sinceMs) return;
      const name = `${job.id} ${attempt.number}`;
      if (stalls.has(name)) return;
      if (stalls.size >= KEPT_STALLS) stalls.clear();
      stalls.add(name);
      const backend = backends.find(({ id }) => id === attempt.backendId);
      const endedAtMs = attempt.endedAtMs ?? clock.nowMs();
      const kind = backend?.kind ?? 'remote';
      sink?.record({
        ...aboutAttempt(job, attempt),
        ...NOT_MADE,
        endedAtMs,
        kind,
        label: backend?.label ?? attempt.backendLabel ?? attempt.backendId,
        inputValues: null,
        threads: null,
        stagesMs: {},
        totalMs: Math.max(0, endedAtMs - attempt.startedAtMs),
        proveMs: null,
        predictedMs: null,
        predictedLowMs: null,
        predictedHighMs: null,
        outcome: 'stalled',
        errorCode: attempt.error ? codeToKeep(kind, attempt.error.code) : null,
      });
    },
  };
}

type AboutAttempt = Pick<
  AttemptRecord,
  | 'circuitId'
  | 'zkeySha256'
  | 'constraints'
  | 'domain'
  | 'zkeyBytes'
  | 'backendId'
  | 'rung'
  | 'number'
  | 'queueMs'
>;

function aboutAttempt({ circuit, queuedAtMs, availableAtMs }: Job, attempt: Attempt): AboutAttempt {
  const { id: circuitId, constraints, domain, artifacts } = circuit;
  const waitedFromMs = Math.max(queuedAtMs, Math.min(availableAtMs, attempt.startedAtMs));
  return {
    circuitId,
    zkeySha256: artifacts.zkey.sha256,
    constraints,
    domain,
    zkeyBytes: artifacts.zkey.bytes,
    backendId: attempt.backendId,
    rung: attempt.rung,
    number: attempt.number,
    queueMs: Math.max(0, attempt.startedAtMs - waitedFromMs),
  };
}

function countValues(input: CircuitInput | CircuitInput[string]): number {
  if (typeof input !== 'object' || input === null) return 1;
  return Object.values(input).reduce((sum: number, value) => sum + countValues(value), 0);
}
