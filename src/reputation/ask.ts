// What a claim shows: the proof types and their bounds.
import * as v from 'valibot';
import { PPM } from './constants.ts';

export interface Bounds {
  lowerPpm: number;
  upperPpm: number;
}

const Ppm = v.pipe(
  v.number(),
  v.integer('must be a whole number of ppm'),
  v.minValue(0, 'must not be negative'),
  v.maxValue(PPM, 'must be at most 1000000'),
);

/** exact: lower = upper = the score. threshold: at least this. band: between these. membership: any score. */
export const AskSchema = v.variant('type', [
  v.strictObject({ type: v.literal('exact') }),
  v.strictObject({ type: v.literal('threshold'), thresholdPpm: Ppm }),
  v.pipe(
    v.strictObject({ type: v.literal('band'), lowerPpm: Ppm, upperPpm: Ppm }),
    v.check(({ lowerPpm, upperPpm }) => lowerPpm <= upperPpm, 'has its lower end above its upper end'),
  ),
  v.strictObject({ type: v.literal('membership') }),
]);

export type Ask = v.InferOutput<typeof AskSchema>;

/** The bounds that a claim for this ask has; an exact one has the person's own score. */
export function boundsOf(ask: Ask, scorePpm: number): Bounds {
  switch (ask.type) {
    case 'exact':
      return { lowerPpm: scorePpm, upperPpm: scorePpm };
    case 'threshold':
      return { lowerPpm: ask.thresholdPpm, upperPpm: PPM };
    case 'band':
      return { lowerPpm: ask.lowerPpm, upperPpm: ask.upperPpm };
    case 'membership':
      return { lowerPpm: 0, upperPpm: PPM };
  }
}

/** Whether these public bounds are exactly what was asked; for an exact claim any single score is. */
export function meetsAsk(ask: Ask, { lowerPpm, upperPpm }: Bounds): boolean {
  const asked = boundsOf(ask, lowerPpm);
  return lowerPpm <= PPM && lowerPpm === asked.lowerPpm && upperPpm === asked.upperPpm;
}

/** In words, for people: "at least 0.7". */
export function askInWords(ask: Ask): string {
  switch (ask.type) {
    case 'exact':
      return 'the exact score';
    case 'threshold':
      return `at least ${inUnits(ask.thresholdPpm)}`;
    case 'band':
      return `between ${inUnits(ask.lowerPpm)} and ${inUnits(ask.upperPpm)}`;
    case 'membership':
      return 'being in the snapshot, with any score';
  }
}

/** 700000 → "0.7". */
export function inUnits(ppm: number): string {
  return String(ppm / PPM);
}
