// A thousand bad networks in the full run: whatever they do, every job ends once.
import { describe, expect, it } from 'vitest';
import { runs, testSeed } from '../helpers/scale.ts';
import { runSchedule } from './schedules.ts';

describe('jobs over a network that delays, cuts, trickles, repeats and swallows', () => {
  it('end once each, and everything that can happen has', { timeout: 900_000 }, async () => {
    const met: Record<string, number> = {};
    for (let at = 0; at < runs(40, 1_000); at++) {
      const report = await runSchedule(testSeed + at);
      expect(report.violations, `seed ${testSeed + at}`).toEqual([]);
      for (const [what, times] of Object.entries(report.met)) met[what] = (met[what] ?? 0) + times;
    }
    for (const what of [
      'succeeded',
      'cancelled',
      'large inputs',
      'servers killed',
      'cut',
      'repeated',
      'swallowed',
      'slow',
      'network.server-lost',
      'on local succeeded',
      'on server:1 succeeded',
    ]) {
      expect(met[what] ?? 0, what).toBeGreaterThan(0);
    }
  });
});
