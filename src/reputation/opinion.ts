// Opinions and evidence are the same thing in two spellings (Jøsang, "Subjective Logic", 2016): this turns
// one into the other. Rounding happens here once, at import; all that follows is integers.
import { GnomonError } from '../core/errors.ts';
import { EVIDENCE_MAX } from './constants.ts';

/** belief + disbelief + uncertainty = 1. */
export interface Opinion {
  belief: number;
  disbelief: number;
  uncertainty: number;
}

/** Milli-observations. */
export interface Evidence {
  positive: number;
  negative: number;
}

/** How far the three parts may be from a sum of 1. */
const SUM_TOLERANCE = 1e-9;
/** W = 2 observations, in milli-observations. */
const PRIOR_MILLI = 2000;

/** What is wrong with an opinion, with the field, or undefined. `name` is the attestation in words. */
export function opinionProblem(
  opinion: Opinion,
  name: string,
): { field: string; reason: string } | undefined {
  for (const field of ['belief', 'disbelief', 'uncertainty'] as const) {
    const part = opinion[field];
    if (typeof part !== 'number' || !(part >= 0 && part <= 1)) {
      return { field: `opinion.${field}`, reason: 'must be a number from 0 to 1' };
    }
  }
  const { belief, disbelief, uncertainty } = opinion;
  if (Math.abs(belief + disbelief + uncertainty - 1) > SUM_TOLERANCE) {
    return { field: 'opinion', reason: 'belief, disbelief and uncertainty must add up to 1' };
  }
  if (uncertainty === 0) {
    return {
      field: 'opinion.uncertainty',
      reason: `${name} is dogmatic: no uncertainty at all would be infinite evidence`,
    };
  }
  const { positive, negative } = roundedEvidence(opinion);
  if (positive > EVIDENCE_MAX || negative > EVIDENCE_MAX) {
    return {
      field: 'opinion.uncertainty',
      reason: 'so little uncertainty is more evidence than 32 bits hold',
    };
  }
  return undefined;
}

/** r = W·b/u, s = W·d/u, rounded to milli-observations. Refuses a dogmatic opinion, naming the attestation. */
export function evidenceOf(opinion: Opinion, name = 'This opinion'): Evidence {
  const problem = opinionProblem(opinion, name);
  if (problem !== undefined) {
    throw new GnomonError('input.opinion', `${problem.field}: ${problem.reason}.`, {
      nextStep: 'Correct the opinion, or leave the attestation out.',
      where: name,
    });
  }
  return roundedEvidence(opinion);
}

function roundedEvidence({ belief, disbelief, uncertainty }: Opinion): Evidence {
  return {
    positive: Math.round((PRIOR_MILLI * belief) / uncertainty),
    negative: Math.round((PRIOR_MILLI * disbelief) / uncertainty),
  };
}

/** b = r/(r+s+W), d = s/(r+s+W), u = W/(r+s+W), for drawing; never goes back into a score. */
export function opinionOf({ positive, negative }: Evidence): Opinion {
  const total = positive + negative + PRIOR_MILLI;
  return { belief: positive / total, disbelief: negative / total, uncertainty: PRIOR_MILLI / total };
}

/** Cumulative fusion: evidence adds, so order and grouping don't matter. */
export function fuse(one: Evidence, other: Evidence): Evidence {
  return { positive: one.positive + other.positive, negative: one.negative + other.negative };
}
