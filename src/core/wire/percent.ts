// Progress over a whole job on a scale of 100, and back to the stage it stands in: proving is nearly all.
import type { Progress, Stage } from '../job.ts';

const BEGINS: Record<Stage, number> = { artifacts: 0, witness: 5, proving: 15, verifying: 98 };
const SPANS: Record<Stage, number> = { artifacts: 5, witness: 10, proving: 83, verifying: 2 };

export function percentOf({ stage, fraction }: Pick<Progress, 'stage' | 'fraction'>): number {
  return BEGINS[stage] + SPANS[stage] * fraction;
}

/** Within the stage, 0…1, whatever another program makes of the scale. */
export function fractionOf(stage: Stage, percent: number): number {
  return Math.min(1, Math.max(0, (percent - BEGINS[stage]) / SPANS[stage]));
}
