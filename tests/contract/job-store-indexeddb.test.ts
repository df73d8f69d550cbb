// The JobStore contract, for IndexedDB as fake-indexeddb implements it. Real Chromium runs the same cases
// in tests/e2e/job-store-chromium.test.ts.
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { testSeed } from '../helpers/scale.ts';
import { jobStoreCases } from './job-store.suite.ts';
import { indexedDbHarness } from './job-store-indexeddb.harness.ts';

describe('the job store in IndexedDB', () => {
  it.each(jobStoreCases)('$name', async ({ name, run }) => {
    const harness = await indexedDbHarness(name, testSeed);
    try {
      expect(await run(harness)).toBe(true);
    } finally {
      await harness.close();
    }
  });
});
