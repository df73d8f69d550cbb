// A device is measured once, kept for a month, and not at all where that cannot be done.
import { expect, it } from 'vitest';
import { makeDeviceSpeed } from '../../src/browser/device-speed.ts';
import { measureSpeed } from '../../src/prover/engine/speed.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';

const DAY_MS = 24 * 60 * 60_000;

function world(measure = async () => ({ tier: 'fma' as const, nsPerProduct: 20 })) {
  const storage = memoryStorage();
  let nowMs = 1_700_000_000_000;
  let measured = 0;
  const open = (threads = 2) =>
    makeDeviceSpeed({
      storage: () => storage,
      key: 'speed',
      async measure() {
        measured++;
        return measure();
      },
      threads: () => threads,
      nowMs: () => nowMs,
    });
  return {
    storage,
    open,
    measured: () => measured,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

it('is measured once for all visits, until a month has passed', async () => {
  const { open, measured, pass } = world();
  const first = open();
  expect(first.now()).toBeNull();
  let heard = 0;
  first.watch(() => heard++);
  await Promise.all([first.learn(), first.learn()]);
  await first.learn();
  expect([heard, measured()]).toEqual([1, 1]);
  expect(first.now()).toEqual({ tier: 'fma', nsPerProduct: 20, threads: 2 });
  pass(29 * DAY_MS);
  // Threads are what a proof takes now.
  const second = open(4);
  await second.learn();
  expect(second.now()).toEqual({ tier: 'fma', nsPerProduct: 20, threads: 4 });
  expect(measured()).toBe(1);
  pass(2 * DAY_MS);
  const third = open();
  expect(third.now()).toBeNull();
  await third.learn();
  expect(measured()).toBe(2);
});

it('stays unknown, and breaks nothing, where nothing can be measured, kept or read', async () => {
  const failing = world(() => Promise.reject(new Error('no worker')));
  const speed = failing.open();
  await speed.learn();
  expect(speed.now()).toBeNull();
  await speed.learn();
  expect(failing.measured()).toBe(2);

  const damaged = world();
  for (const kept of ['{', '{"tier":"fma","nsPerProduct":-1,"measuredAtMs":0}', '{"tier":"new"}']) {
    damaged.storage.setItem('speed', kept);
    expect(damaged.open().now()).toBeNull();
  }

  const forbidden = makeDeviceSpeed({
    storage: () => {
      throw new Error('forbidden');
    },
    key: 'speed',
    measure: async () => ({ tier: 'scalar', nsPerProduct: 50 }),
    threads: () => 1,
    nowMs: () => 0,
  });
  await forbidden.learn();
  // For as long as the page is open.
  expect(forbidden.now()).toEqual({ tier: 'scalar', nsPerProduct: 50, threads: 1 });
});

it('is that of the kernels that would prove, in nanoseconds of a product', async () => {
  const { tier, nsPerProduct } = await measureSpeed();
  expect(['fma', 'wide', 'simd128', 'scalar']).toContain(tier);
  // Two hundred times faster or slower than the reference machine is a mistake in a unit.
  expect(nsPerProduct).toBeGreaterThan(0.2);
  expect(nsPerProduct).toBeLessThan(8_000);
});
