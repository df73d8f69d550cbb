// What the pipeline component says. Pure.

import type { Figures, ProofPlan, ServerStatus } from '../../client/types.ts';
import { aboutIntervalMs } from '../../core/duration-words.ts';
import { exactMs, plural } from '../components/format.ts';

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

export function figureItems(figures: Figures): { term: string; value: string }[] {
  const { queued, running, succeeded, failed, successRate, p50Ms, p95Ms, p99Ms } = figures;
  const ms = (value: number | null) => (value === null ? '–' : exactMs(value));
  return [
    { term: 'Waiting', value: `${queued}` },
    { term: 'Proving', value: `${running}` },
    { term: 'Done', value: `${succeeded}` },
    { term: 'Failed', value: `${failed}` },
    { term: 'Success', value: successRate === null ? '–' : `${Math.floor(successRate * 100)} %` },
    { term: 'P50', value: ms(p50Ms) },
    { term: 'P95', value: ms(p95Ms) },
    { term: 'P99', value: ms(p99Ms) },
  ];
}

export function serverWords({ setAside, phase, permission, load, roundTripMs }: ServerStatus): string {
  if (setAside !== null) return 'Set aside';
  if (permission === 'nothing') return 'Not in use';
  if (phase === 'connecting') return 'Connecting';
  if (phase === 'waiting') return 'Not reached';
  if (phase === 'refused') return 'Not accepted by the server';
  if (phase === 'idle') return 'Not connected';
  const trip = roundTripMs === null ? '' : `, ${exactMs(roundTripMs)} there and back`;
  if (load !== null && load.queued > 0) {
    return `Connected, ${plural(load.queued, 'proof waits', 'proofs wait')} there${trip}`;
  }
  return load !== null && load.busy >= load.slots ? `Connected, all places taken${trip}` : `Connected${trip}`;
}
