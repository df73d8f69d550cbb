// The pool of proving workers: how many run, how they are warmed, resized and ended.
import { describe, expect, it } from 'vitest';
import type { ProveWorkerApi } from '../../src/browser/prove-worker.ts';
import { makeWorkerPool, type WorkerPool } from '../../src/browser/worker-pool.ts';
import { makeSpawner } from './snapshots-fake-worker.ts';

function world(options: { size?: number; threads?: number; idleMs?: number } = {}) {
  const warmed: number[] = [];
  const api: ProveWorkerApi = {
    async warm(threads) {
      warmed.push(threads);
      return { ok: true, value: undefined };
    },
    measureSpeed: () => new Promise(() => {}),
    prove: () => new Promise(() => {}),
  };
  const { spawn, spawned } = makeSpawner(() => api);
  return { pool: makeWorkerPool({ spawn, threads: 8, ...options }), warmed, spawned };
}

/** Occupies a place until `done` is called. */
function occupy(pool: WorkerPool) {
  let done = (): void => {};
  const over = pool.use(
    (_worker, threads) => new Promise<number>((resolve) => (done = () => resolve(threads))),
  );
  return { done: () => done(), over };
}

describe('makeWorkerPool', () => {
  it('shares the threads among its workers and refuses more than its size', async () => {
    const { pool } = world({ size: 2 });
    const [one, two] = [occupy(pool), occupy(pool)];
    expect([pool.size, pool.busy, pool.threadsEach]).toEqual([2, 2, 4]);
    await expect(occupy(pool).over).rejects.toMatchObject({ code: 'backend.busy' });
    one.done();
    expect(await one.over).toBe(4);
    expect(pool.busy).toBe(1);
    const three = occupy(pool);
    expect(pool.busy).toBe(2);
    two.done();
    three.done();
    await Promise.all([two.over, three.over]);
    expect(pool.busy).toBe(0);
  });

  it('warms each idle worker with its threads, and ends them when told', async () => {
    const { pool, warmed, spawned } = world({ size: 3 });
    expect(spawned).toHaveLength(0);
    await pool.warm();
    expect(warmed).toEqual([2, 2, 2]);
    expect(spawned).toHaveLength(3);
    pool.end();
    expect(spawned.map(({ terminated }) => terminated)).toEqual([true, true, true]);
    await pool.warm();
    expect(spawned).toHaveLength(6);
  });

  it('lets a proof under way go on when it is made smaller, and tells who listens', async () => {
    const { pool } = world({ size: 2 });
    const heard: string[] = [];
    pool.watch(() => heard.push(`${pool.busy} of ${pool.size}`));
    const [one, two] = [occupy(pool), occupy(pool)];
    pool.resize(1);
    expect(pool.busy).toBe(2);
    await expect(occupy(pool).over).rejects.toMatchObject({ code: 'backend.busy' });
    one.done();
    two.done();
    expect(await Promise.all([one.over, two.over])).toEqual([4, 4]);
    const three = occupy(pool);
    expect([pool.busy, pool.threadsEach]).toEqual([1, 8]);
    three.done();
    pool.resize(5);
    expect(heard).toEqual(['1 of 2', '2 of 2', '2 of 1', '1 of 1', '0 of 1', '1 of 1', '1 of 5']);
  });

  it.each([0, -1, 17, 1.5, Number.NaN])('takes no size of %s', (size) => {
    const { pool } = world();
    expect(() => pool.resize(size)).toThrow(/1 to 16/);
    expect(pool.size).toBe(1);
  });

  it('ends workers that have been idle, not those that work', async () => {
    const { pool, spawned } = world({ size: 1, idleMs: 20 });
    await pool.warm();
    await new Promise((wake) => setTimeout(wake, 80));
    expect(spawned[0]?.terminated).toBe(true);
  });
});
