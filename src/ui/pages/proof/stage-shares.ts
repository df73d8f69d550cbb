// How wide each stage of a proof is expected to be, and how often a screen reader is told about it. The
// bar itself, which never goes back, is components/StageBar.tsx.
import type { Job, Stage } from '../../../core/job.ts';
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
