// How much of a test to run: `npm test` takes a seeded share, `npm run test:full` the whole.

export const isFullRun = process.env.GNOMON_TEST_FULL === '1';

/** The seed of every seeded test; printed by the test runner so that a failure can be repeated. */
export const testSeed = Number(process.env.GNOMON_SEED ?? 20_240_229);

/** `share` in a quick run, `whole` in the full one. */
export function runs(share: number, whole: number): number {
  return isFullRun ? whole : share;
}
