// Quantiles of any number of values in bounded memory, mergeable in any order: DDSketch (Masson, Rim, Lee, "DDSketch:
// a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019) with fixed bounds instead of
// collapsing buckets, so that merging is exactly associative and commutative.
import * as v from 'valibot';

/** A quantile is within this share of the value that really has that rank, for values within the bounds below. */
export const RELATIVE_ERROR = 0.01;
/** Milliseconds or bytes: from a microsecond to 10 TB. Less counts as 0, more as the most. */
const LEAST = 1e-3;
const MOST = 1e13;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
const bucketOf = (value: number): number => Math.ceil(Math.log(value) / LOG_GAMMA);
/** The value whose relative distance to both ends of its bucket is the same. */
const centreOf = (index: number): number => (2 * GAMMA ** index) / (GAMMA + 1);
const FIRST_INDEX = bucketOf(LEAST);
const LAST_INDEX = bucketOf(MOST);
/** No sketch ever has more buckets. */
export const MOST_BUCKETS = LAST_INDEX - FIRST_INDEX + 1;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Value = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Plain data, for storage and the wire. */
export const SketchSchema = v.object({
  count: Count,
  zeros: Count,
  sum: Value,
  /** 0 while it is empty. */
  min: Value,
  max: Value,
  /** Index and count of each bucket that is not empty, by index. */
  buckets: v.pipe(
    v.array(
      v.tuple([v.pipe(v.number(), v.integer(), v.minValue(FIRST_INDEX), v.maxValue(LAST_INDEX)), Count]),
    ),
    v.maxLength(MOST_BUCKETS),
  ),
});
export type SketchData = v.InferOutput<typeof SketchSchema>;

export class Sketch {
  #count = 0;
  #zeros = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  readonly #buckets = new Map<number, number>();
  /** By index; null after a change. Several quantiles are asked for in a row. */
  #ordered: [index: number, held: number][] | null = null;

  static of(values: Iterable<number>): Sketch {
    const sketch = new Sketch();
    for (const value of values) sketch.add(value);
    return sketch;
  }

  static from({ count, zeros, sum, min, max, buckets }: SketchData): Sketch {
    const sketch = new Sketch();
    sketch.#count = count;
    sketch.#zeros = zeros;
    sketch.#sum = sum;
    if (count > 0) sketch.#min = min;
    sketch.#max = max;
    for (const [index, held] of buckets) sketch.#buckets.set(index, held);
    return sketch;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Exact; null while it is empty. */
  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  get min(): number | null {
    return this.#count === 0 ? null : this.#min;
  }

  get max(): number | null {
    return this.#count === 0 ? null : this.#max;
  }

  /** What is no number, or less than nothing, is left out. */
  add(value: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    const bounded = Math.min(value, MOST);
    this.#count++;
    this.#sum += bounded;
    this.#min = Math.min(this.#min, bounded);
    this.#max = Math.max(this.#max, bounded);
    if (bounded < LEAST) this.#zeros++;
    else this.#addTo(bucketOf(bounded), 1);
  }

  merge(other: Sketch): void {
    // First read, then written: it may be merged with itself.
    const buckets = [...other.#buckets];
    this.#count += other.#count;
    this.#zeros += other.#zeros;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    for (const [index, held] of buckets) this.#addTo(index, held);
  }

  /** By nearest rank: of n values the ⌈share · n⌉-th, within RELATIVE_ERROR. Null while it is empty. */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.min(this.#count, Math.max(1, Math.ceil(share * this.#count)));
    let seen = this.#zeros;
    // Both ends are known exactly.
    if (rank === 1) return this.#min;
    if (rank === this.#count) return this.#max;
    if (rank <= seen) return this.#min;
    for (const [index, held] of this.#sorted()) {
      seen += held;
      if (rank <= seen) return Math.min(this.#max, Math.max(this.#min, centreOf(index)));
    }
    return this.#max;
  }

  toData(): SketchData {
    return {
      count: this.#count,
      zeros: this.#zeros,
      sum: this.#sum,
      min: this.min ?? 0,
      max: this.#max,
      buckets: this.#sorted().map(([index, held]) => [index, held]),
    };
  }

  #addTo(index: number, held: number): void {
    this.#buckets.set(index, (this.#buckets.get(index) ?? 0) + held);
    this.#ordered = null;
  }

  #sorted(): [index: number, held: number][] {
    this.#ordered ??= [...this.#buckets].sort(([a], [b]) => a - b);
    return this.#ordered;
  }
}
