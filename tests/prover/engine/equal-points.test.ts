// Equal and opposite points in one batch, in every tier.
import { expect, test } from 'vitest';
import { wrongEqualPoints } from './equal-points-cases.ts';
import { instantiate, TIERS } from './kernels.ts';

test.each(TIERS.map((tier) => [tier.name, tier] as const))('%s tier', async (_, tier) => {
  expect(await wrongEqualPoints(tier, (pages) => instantiate(tier, pages))).toEqual([]);
});
