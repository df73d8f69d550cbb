// How many subjects a claim could be from: what circuit size and bounds give away. Below 20 a person is
// warned before proving.
import { type Ask, type Bounds, boundsOf } from './ask.ts';

/** What is known about everyone: enough to count, nothing more. */
export interface SubjectSize {
  /** Records in the leaf. */
  count: number;
  scorePpm: number;
}

export const SHARING_WARN_BELOW = 20;

/** The smallest capacity that holds `count` records; undefined when none does. */
export function smallestCapacity(count: number, capacities: readonly number[]): number | undefined {
  let best: number | undefined;
  for (const capacity of capacities) {
    if (capacity >= count && (best === undefined || capacity < best)) best = capacity;
  }
  return best;
}

/** Subjects whose smallest accepted size is `capacity` and whose score is within the bounds: those who would
 * make the same claim by default. */
export function countSharing(
  subjects: readonly SubjectSize[],
  capacities: readonly number[],
  capacity: number,
  { lowerPpm, upperPpm }: Bounds,
): number {
  return subjects.filter(
    ({ count, scorePpm }) =>
      smallestCapacity(count, capacities) === capacity && scorePpm >= lowerPpm && scorePpm <= upperPpm,
  ).length;
}

/** How many subjects need each capacity, in the order given; `none` fit no capacity. */
export function countBySize(
  subjects: readonly SubjectSize[],
  capacities: readonly number[],
): { subjects: number[]; none: number } {
  const counts = capacities.map(() => 0);
  let none = 0;
  for (const { count } of subjects) {
    const capacity = smallestCapacity(count, capacities);
    if (capacity === undefined) none++;
    else counts[capacities.indexOf(capacity)]!++;
  }
  return { subjects: counts, none };
}

/** Subjects with a score that nobody else has, whatever their size: an exact claim identifies them. */
export function countUniqueScores(subjects: readonly SubjectSize[]): number {
  const counts = new Map<number, number>();
  for (const { scorePpm } of subjects) counts.set(scorePpm, (counts.get(scorePpm) ?? 0) + 1);
  return [...counts.values()].filter((count) => count === 1).length;
}

/** The number that a campaign file gives for an ask and a size. For an exact ask no one number fits everyone: it
 * is how many share their score with at least 19 others of this size; a bundle has the subject's own. */
export function sharingOfAsk(
  ask: Ask,
  subjects: readonly SubjectSize[],
  capacities: readonly number[],
  capacity: number,
): number {
  if (ask.type !== 'exact') return countSharing(subjects, capacities, capacity, boundsOf(ask, 0));
  const byScore = new Map<number, number>();
  for (const { count, scorePpm } of subjects) {
    if (smallestCapacity(count, capacities) === capacity) {
      byScore.set(scorePpm, (byScore.get(scorePpm) ?? 0) + 1);
    }
  }
  return [...byScore.values()]
    .filter((count) => count >= SHARING_WARN_BELOW)
    .reduce((sum, count) => sum + count, 0);
}
