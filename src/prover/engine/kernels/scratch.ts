// Sizes that the emitted code and the code that calls it agree on; free of the emitter, so that threads carry
// none of it.

/** The shape of a tier's numbers; see tier.ts. */
export interface TierShape {
  name: 'fma' | 'wide' | 'simd128' | 'scalar';
  /** Elements worked on at once. */
  lanes: number;
  digits: number;
  width: number;
}

export const TIER_SHAPES: Record<TierShape['name'], TierShape> = {
  fma: { name: 'fma', lanes: 2, digits: 5, width: 51 },
  wide: { name: 'wide', lanes: 1, digits: 5, width: 51 },
  simd128: { name: 'simd128', lanes: 2, digits: 9, width: 29 },
  scalar: { name: 'scalar', lanes: 1, digits: 9, width: 29 },
};

/** Where a module's constants begin, and where memory that callers may use begins. */
export const CONSTANTS_BASE = 1024;
export const FREE_BASE = 65536;

/** Products that a probe is checked and timed with. */
export const PROBE_VALUES = 512;

/** Bytes of one entry of a list of additions. */
export const ENTRY_BYTES = 12;
/** Most pairs in a list; their prefix products stay in a second-level cache. */
export const MAX_PAIRS = 2048;

/** Bytes of one group of lanes, as digits. */
export const groupBytes = (tier: TierShape): number => tier.digits * tier.lanes * 8;

/** Where batched addition keeps what, from the start of its thread's scratch memory. */
export function batchScratch(tier: TierShape, degree: 1 | 2) {
  const pointBytes = 64 * degree;
  const packed = 3 * pointBytes;
  const inverse = packed + 32 * tier.lanes;
  const prefix = inverse + groupBytes(tier);
  const bytes = prefix + (MAX_PAIRS / tier.lanes + 1) * groupBytes(tier) * degree;
  return { dummyA: 0, dummyB: pointBytes, dummyTo: 2 * pointBytes, packed, inverse, prefix, bytes };
}
