// Three suites: unit (fast, no browser), circuits (constraint systems and keys), e2e (real Chromium; two files at a
// time, and some alone).
import { defineConfig } from 'vitest/config';

// The full counts take their time; a hang still ends.
const full = process.env.GNOMON_TEST_FULL === '1';
const atMost = (ms: number): number => (full ? 20 * 60_000 : ms);

/** They look at how long things take, kill browsers, or fill the machine themselves. */
const ALONE = 'bfcache canary deaths hostile-circuits insights kills offload profiler queue tabs trouble';
const aloneFiles = ALONE.split(' ').map((name) => `tests/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**', 'tests/circuits/**'],
          testTimeout: atMost(60_000),
          // Many of them wait for sockets, processes and leases: 470 s of processor time took two at a time 600 s on
          // two cores.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'circuits',
          include: ['tests/circuits/**/*.test.ts'],
          testTimeout: atMost(300_000),
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: aloneFiles,
          testTimeout: atMost(180_000),
          hookTimeout: 180_000,
          // Much of it is a page being waited for.
          maxWorkers: 2,
          maxConcurrency: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: aloneFiles,
          testTimeout: atMost(180_000),
          hookTimeout: 180_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
