// Runs the JobStore contract inside a page; bundled and loaded by tests/e2e/job-store-chromium.test.ts.
import { jobStoreCases } from './job-store.suite.ts';
import { indexedDbHarness } from './job-store-indexeddb.harness.ts';

export interface PageVerdict {
  name: string;
  /** Null: kept. */
  error: string | null;
}

async function runContract(seed: number): Promise<PageVerdict[]> {
  const verdicts: PageVerdict[] = [];
  for (const { name, run } of jobStoreCases) {
    const harness = await indexedDbHarness(`contract ${name}`, seed);
    try {
      const tested = await run(harness);
      verdicts.push({ name, error: tested ? null : 'not tested' });
    } catch (thrown) {
      verdicts.push({ name, error: String(thrown) });
    } finally {
      await harness.close();
    }
  }
  return verdicts;
}

Object.assign(globalThis, { runContract });
