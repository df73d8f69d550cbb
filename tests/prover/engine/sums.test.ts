// Batched additions and whole multi-scalar multiplications of every tier against the reference: equal, opposite
// and infinite points, repeated bases, one huge bucket, nothing at all, sizes up to 2¹² + 1.
import { describe, expect, test } from 'vitest';
import { isFullRun, runs, testSeed } from '../../helpers/scale.ts';
import { instantiate, TIERS } from './kernels.ts';
import { sumCases, wrongAdditions, wrongSums } from './sums-cases.ts';

describe.each(TIERS)('$name', (tier) => {
  const open = (pages: number) => instantiate(tier, pages);

  test.each([1, 2] as const)('batched additions in degree %i', async (degree) => {
    const scale = { seed: testSeed, most: runs(500, 2048) };
    expect(await wrongAdditions(tier, degree, open, scale)).toEqual([]);
  });

  test.each(sumCases(isFullRun))('sums of $n points in degree $degree', async (one) => {
    expect(await wrongSums(tier, one, open, testSeed)).toEqual([]);
  });
});
