// One bar from four stages: each as wide as it is expected to take, filled by counted work only, and
// never moving back within an attempt. What is said of it to a screen reader is thinned out here too.
import type { Job, Progress, Stage } from '../../../core/job.ts';
import { STAGES } from '../../../core/job.ts';

export type Shares = Record<Stage, number>;

/** Without a measured run: snarkjs on a size-64 claim with the circuit already on the device. */
const USUAL_MS: Shares = { artifacts: 500, witness: 300, proving: 3000, verifying: 200 };
/** A stage narrower than this cannot be seen to fill. */
const LEAST_SHARE = 0.04;

/** Expected share of each stage, 0…1, adding to 1: from the newest finished job on the same circuit, else
 * the usual one. */
export function predictedShares(circuitId: string, jobs: readonly Job[]): Shares {
  const known = jobs
    .filter((job) => job.circuit.id === circuitId && job.result !== null)
    .sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0))[0]?.result?.timingsMs;
  const times = STAGES.map((stage) => Math.max(0, known?.[stage] ?? (known ? 0 : USUAL_MS[stage])));
  const total = times.reduce((sum, ms) => sum + ms, 0);
  const wide = times.map((ms) => Math.max(LEAST_SHARE, total === 0 ? 1 : ms / total));
  const sum = wide.reduce((a, b) => a + b, 0);
  return Object.fromEntries(STAGES.map((stage, at) => [stage, wide[at]! / sum])) as Shares;
}

export interface StageView {
  stage: Stage;
  share: number;
  /** 0…1 within the stage. */
  fraction: number;
  state: 'waiting' | 'now' | 'done';
}

export interface ProgressTrack {
  /** Takes what is known now and says what to draw. */
  update(job: Job, progress: Progress | null): StageView[];
}

/** Holds the furthest point of the current attempt; a new attempt starts over, since the work does. */
export function makeProgressTrack(shares: Shares): ProgressTrack {
  let attempt = 0;
  let stageAt = -1;
  let fraction = 0;

  return {
    update(job, progress) {
      if (job.attempts.length !== attempt) {
        attempt = job.attempts.length;
        stageAt = -1;
        fraction = 0;
      }
      if (job.state === 'succeeded') {
        stageAt = STAGES.length;
      } else if (job.state === 'queued') {
        stageAt = -1;
        fraction = 0;
      } else if (progress !== null) {
        const at = STAGES.indexOf(progress.stage);
        const within = Math.min(1, Math.max(0, progress.fraction));
        if (at > stageAt) {
          stageAt = at;
          fraction = within;
        } else if (at === stageAt) {
          fraction = Math.max(fraction, within);
        }
      }
      return STAGES.map((stage, at) => ({
        stage,
        share: shares[stage],
        fraction: at < stageAt ? 1 : at === stageAt ? fraction : 0,
        state: at < stageAt ? 'done' : at === stageAt ? 'now' : 'waiting',
      }));
    },
  };
}

/** 0…1 over all stages. */
export function overallFraction(stages: readonly StageView[]): number {
  return stages.reduce((sum, stage) => sum + stage.share * stage.fraction, 0);
}

/** A polite live region must not be flooded: a changed sentence at once if `leastMs` have passed, else the
 * newest one when they have; the same sentence is not repeated. `say` runs at most once per `leastMs`. */
export function makeAnnouncer(
  say: (text: string) => void,
  leastMs: number,
  timer: { now(): number; after(ms: number, run: () => void): () => void },
): { tell(text: string): void; stop(): void } {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let said: string | null = null;
  let waiting: string | null = null;
  let cancel: (() => void) | null = null;

  function speak(text: string): void {
    cancel?.();
    cancel = null;
    waiting = null;
    saidAtMs = timer.now();
    said = text;
    say(text);
  }

  return {
    tell(text) {
      if (text === (waiting ?? said)) return;
      const waitMs = saidAtMs + leastMs - timer.now();
      if (waitMs <= 0) return speak(text);
      waiting = text;
      cancel ??= timer.after(waitMs, () => {
        if (waiting !== null && waiting !== said) speak(waiting);
        else {
          cancel = null;
          waiting = null;
        }
      });
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };
}
