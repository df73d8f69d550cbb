// The Profiler page in its main states: the choice, a report with all its pictures and advice, and one that is broken.
import { toJson } from '../../src/core/profiler/report.ts';
import { cellOf, reportWith } from '../core/profiler/made-up.ts';
import { chooseFiles } from './app-page.ts';
import type { AppState } from './app-walk.ts';

const around = (ms: number) => [0.96, 1, 1.01, 1.05, 1.2].map((factor) => factor * ms);

/** As a page with a server might measure it. */
function report(): string {
  const error = {
    ...{ group: 'resource' as const, code: 'resource.memory', retryable: true },
    ...{ message: 'There is not enough memory for this proof.', nextStep: 'Take a smaller one.' },
  };
  return toJson(
    reportWith([
      cellOf(around(900), { threads: 1, peakBytes: [120e6] }),
      cellOf(around(560), { threads: 2, peakBytes: [131e6] }),
      cellOf(around(4_100), { threads: 2, prover: 'snarkjs', peakBytes: [340e6] }),
      cellOf(around(640), { server: 'Office server with a long name' }),
      cellOf(around(6_800), { size: 256, threads: 1 }),
      cellOf(around(3_900), { size: 256, threads: 2, peakBytes: [410e6] }),
      cellOf(around(1_300), { size: 256, server: 'Office server with a long name' }),
      cellOf([], { size: 1024, threads: 2, error }),
    ]),
  );
}

export const PROFILER_STATES: readonly AppState[] = [
  {
    name: 'profiler',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/profiler`);
      await page.getByText(/^\d+ proofs, /).waitFor();
    },
  },
  {
    name: 'profiler-report',
    reach: async ({ page }) => {
      await chooseFiles(page, 'Open a report', [{ name: 'profile.json', text: report() }]);
      await page.getByRole('heading', { name: 'What follows' }).waitFor();
    },
  },
  {
    name: 'profiler-compared',
    reach: async ({ page }) => {
      await chooseFiles(page, 'Compare with a report', [{ name: 'profile.json', text: report() }]);
      await page.getByRole('region', { name: 'The saved report, then the shown one' }).waitFor();
    },
  },
  {
    name: 'profiler-broken',
    reach: async ({ page }) => {
      await chooseFiles(page, 'Open a report', [{ name: 'broken.json', text: '{' }]);
      await page.getByText(/The report cannot be read/).waitFor();
    },
  },
];
