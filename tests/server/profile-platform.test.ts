// The profiler's platform on a server: whose processor time is counted, and what is said of the machine.
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/system.ts';
import { makeChildPlatform, startMeter } from '../../worker-server/profiling/platform.ts';

const spentBy = (spent: Record<number, (number | null)[]>) => (pid: number) =>
  Promise.resolve(spent[pid]?.shift() ?? null);

it('counts what the child spent since, and of a later child all', async () => {
  const same = await startMeter({ pid: 7 }, spentBy({ 7: [100, 350] }));
  expect(await same({ pid: 7 })).toBe(250);
  const fresh = await startMeter(null, spentBy({ 7: [350] }));
  expect(await fresh({ pid: 7 })).toBe(350);
  const other = await startMeter({ pid: 7 }, spentBy({ 7: [5_000], 8: [350] }));
  expect(await other({ pid: 8 })).toBe(350);
  const untold = await startMeter({ pid: 7 }, spentBy({ 7: [null, 350] }));
  expect(await untold({ pid: 7 })).toBeNull();
  const nobody = await startMeter(null, spentBy({}));
  expect(await nobody(null)).toBeNull();
});

it('names a machine only as its operator does', async () => {
  const platform = (name: string | null) =>
    makeChildPlatform({
      ...{ kind: 'server', name, circuitsFolder: '.', clock: systemClock, busy: () => null },
      spawn: () => {
        throw new Error('not here');
      },
      watchBusy: () => () => {},
      verifier: { verify: () => Promise.reject(new Error('not here')) },
    });
  const unnamed = await platform(null).machine();
  expect(unnamed.name).toBeNull();
  expect(JSON.stringify(unnamed)).not.toContain(hostname());
  expect((await platform('Office').machine()).name).toBe('Office');
});
