// Where things stand on the dial: a half circle from score 0 (left) to 1 (right). Pure.

export interface Point {
  x: number;
  y: number;
}

/** The dial's own coordinates; the SVG scales them. */
export const DIAL = { width: 400, height: 222, centre: { x: 200, y: 196 }, radius: 164 } as const;

const clamp01 = (value: number) => Math.min(1, Math.max(0, value));

/** Score 0…1 → angle in radians, π at 0 and 0 at 1, so that more is further to the right. */
export function scoreAngle(score: number): number {
  return Math.PI * (1 - clamp01(score));
}

/** The point at a score, `radius` away from the centre; y grows downwards as in SVG. */
export function dialPoint(score: number, radius: number): Point {
  const angle = scoreAngle(score);
  return { x: DIAL.centre.x + radius * Math.cos(angle), y: DIAL.centre.y - radius * Math.sin(angle) };
}

const round = (value: number) => Math.round(value * 100) / 100;
const at = (point: Point) => `${round(point.x)} ${round(point.y)}`;

/** SVG path of the arc from one score to a higher one. */
export function arcPath(from: number, to: number, radius: number): string {
  // At most half a circle, so never the large arc.
  return `M${at(dialPoint(from, radius))} A${radius} ${radius} 0 0 1 ${at(dialPoint(to, radius))}`;
}

/** SVG path of the wedge from the centre between two scores. */
export function wedgePath(from: number, to: number, radius: number): string {
  return `M${at(DIAL.centre)} L${at(dialPoint(from, radius))} A${radius} ${radius} 0 0 1 ${at(dialPoint(to, radius))} Z`;
}

export interface Opinion {
  belief: number;
  disbelief: number;
  uncertainty: number;
}

/** Evidence amounts (observations) as an opinion; W is the prior weight, 2 in this project. */
export function opinionOf(positive: number, negative: number, priorWeight: number): Opinion {
  const total = positive + negative + priorWeight;
  return { belief: positive / total, disbelief: negative / total, uncertainty: priorWeight / total };
}

export interface Penumbra {
  low: number;
  high: number;
}

/** Where the score could lie if all that is uncertain turned out one way or the other: from belief
 * to 1 − disbelief. It is exactly as wide as the uncertainty, and the score lies within. */
export function penumbra(opinion: Opinion): Penumbra {
  return { low: clamp01(opinion.belief), high: clamp01(1 - opinion.disbelief) };
}

export interface PenumbraSlice extends Penumbra {
  /** 0…1, greatest at the score. */
  darkness: number;
}

/** The penumbra as thin wedges that fade from the score to its edges, `each` on either side. */
export function penumbraSlices(score: number, edge: Penumbra, each: number): PenumbraSlice[] {
  const middle = Math.min(edge.high, Math.max(edge.low, clamp01(score)));
  const side = (end: number) =>
    Array.from({ length: each }, (_, step) => {
      const inner = middle + ((end - middle) * step) / each;
      const outer = middle + ((end - middle) * (step + 1)) / each;
      const darkness = (1 - (step + 0.5) / each) ** 1.5;
      return { low: Math.min(inner, outer), high: Math.max(inner, outer), darkness };
    });
  return [...side(edge.low), ...side(edge.high)].filter((slice) => slice.high > slice.low);
}

/** What a verifier learns of the score: nothing, one value, or a range. */
export type Disclosure =
  | { kind: 'nothing' }
  | { kind: 'value'; at: number }
  | { kind: 'range'; low: number; high: number };

/** From the bounds of a claim in ppm. */
export function disclosureOf(
  proofType: 'exact' | 'threshold' | 'band' | 'membership',
  lowerPpm: number,
  upperPpm: number,
): Disclosure {
  if (proofType === 'membership') return { kind: 'nothing' };
  if (lowerPpm === upperPpm) return { kind: 'value', at: lowerPpm / 1e6 };
  return { kind: 'range', low: lowerPpm / 1e6, high: upperPpm / 1e6 };
}

/** The opinion triangle's corners: disbelief left, belief right, uncertainty at the top. */
export const TRIANGLE = {
  disbelief: { x: 60, y: 196 },
  belief: { x: 340, y: 196 },
  uncertainty: { x: 200, y: 24 },
} as const;

const mix = (parts: readonly [number, Point][]): Point => ({
  x: parts.reduce((sum, [weight, point]) => sum + weight * point.x, 0),
  y: parts.reduce((sum, [weight, point]) => sum + weight * point.y, 0),
});

/** The opinion as a point in the triangle (barycentric). */
export function trianglePoint(opinion: Opinion): Point {
  return mix([
    [opinion.belief, TRIANGLE.belief],
    [opinion.disbelief, TRIANGLE.disbelief],
    [opinion.uncertainty, TRIANGLE.uncertainty],
  ]);
}

/** A probability on the triangle's base. */
export function basePoint(probability: number): Point {
  const p = clamp01(probability);
  return mix([
    [p, TRIANGLE.belief],
    [1 - p, TRIANGLE.disbelief],
  ]);
}
