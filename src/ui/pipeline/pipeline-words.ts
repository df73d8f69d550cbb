// What the pipeline component says. Pure.

import type { ProofJob, ProofPlan, ServerStatus } from '../../client/types.ts';
import { aboutIntervalMs } from '../../core/duration-words.ts';
import { exactMs, plural } from '../components/format.ts';
import type { StageShare } from '../components/stage-progress.ts';
import { STAGE_WORDS } from '../pages/proof/job-words.ts';
import type { CircuitFigures } from './create-pipeline.ts';

/** A stage narrower than this cannot be seen to fill. */
const LEAST_SHARE = 0.04;

/** Once drawn they are fixed, or the bar's stages would change width under way; after a reload the plan comes late. */
export function barStages(
  drawn: readonly StageShare[],
  plan: Pick<ProofPlan, 'stages'> | null,
): readonly StageShare[] {
  if (drawn.length > 0) return drawn;
  return (plan?.stages ?? []).map(({ id, share }) => ({
    id,
    label: STAGE_WORDS[id],
    share: Math.max(LEAST_SHARE, share),
  }));
}

/** Where a proof under way goes: a server's name, or whether it stays here for sure. */
export function whereabouts(
  job: Pick<ProofJob, 'privacy' | 'placed'> | null,
): { server: string } | 'stays' | 'may-leave' {
  const where = job?.placed?.where ?? 'this device';
  if (where !== 'this device') return { server: where };
  // One that runs here may be tried again elsewhere.
  return job?.privacy === 'may-offload' ? 'may-leave' : 'stays';
}

/** "Takes about 2 s (1.6 to 3.1 s)." */
export function predictionWords({ prediction }: Pick<ProofPlan, 'prediction'>): string {
  if (prediction === null) return 'How long it takes is not known yet.';
  return `Takes ${aboutIntervalMs(prediction)}.`;
}

/** What the prediction rests on. */
export function basisWords({ prediction }: Pick<ProofPlan, 'prediction'>): string {
  if (prediction === null) return '';
  if (prediction.basis === 'assumed') return 'Taken from a usual device; the first proof here will tell.';
  if (prediction.basis === 'calibrated') {
    return 'From a short measurement of this device; the first proof here will tell more.';
  }
  const runs = plural(prediction.runs, 'proof', 'proofs');
  return prediction.basis === 'measured' ? `From ${runs} here.` : `From ${runs} of another size here.`;
}

export interface FigureGroup {
  /** What it counts. */
  title: string;
  items: { term: string; value: string }[];
}

export function figureGroups(figures: CircuitFigures): FigureGroup[] {
  const { circuit, queued, running, succeeded, failed, successRate, p50Ms, p95Ms, p99Ms } = figures;
  const ms = (value: number | null) => (value === null ? '–' : exactMs(value));
  return [
    {
      title: 'Proofs kept in this browser',
      items: [
        { term: 'Waiting', value: `${queued}` },
        { term: 'Proving', value: `${running}` },
        { term: 'Done', value: `${succeeded}` },
        { term: 'Failed', value: `${failed}` },
      ],
    },
    {
      title: circuit === null ? 'Tries on all circuits' : `Tries on ${circuit}`,
      items: [
        { term: 'Success', value: successRate === null ? '–' : `${Math.floor(successRate * 100)} %` },
        { term: 'P50', value: ms(p50Ms) },
        { term: 'P95', value: ms(p95Ms) },
        { term: 'P99', value: ms(p99Ms) },
      ],
    },
  ];
}

/** What is announced when it changes. */
export function serverWords({ setAside, phase, permission, load }: ServerStatus): string {
  if (setAside !== null) return 'Set aside';
  if (permission === 'nothing') return 'Not in use';
  if (phase === 'connecting') return 'Connecting';
  if (phase === 'waiting') return 'Not reached';
  if (phase === 'refused') return 'Not accepted by the server';
  if (phase === 'idle') return 'Not connected';
  if (load !== null && load.queued > 0) {
    return `Connected, ${plural(load.queued, 'proof waits', 'proofs wait')} there`;
  }
  return load !== null && load.busy >= load.slots ? 'Connected, all places taken' : 'Connected';
}

/** Changes with each ping, so that nobody wants to have it read out: ", 46 ms there and back", or nothing. */
export function tripWords({ setAside, phase, permission, roundTripMs }: ServerStatus): string {
  const told = setAside === null && permission !== 'nothing' && phase === 'ready' && roundTripMs !== null;
  return told ? `, ${exactMs(roundTripMs)} there and back` : '';
}
