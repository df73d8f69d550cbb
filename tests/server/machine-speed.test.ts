// A machine's speed comes from a child of its own, which is gone afterwards; a child that dies leaves it unknown for now.
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { type Child, startChild } from '../../worker-server/proving/child.ts';
import { makeMachineSpeed } from '../../worker-server/proving/machine-speed.ts';
import { isAlive } from '../helpers/worker-server.ts';

beforeAll(async () => {
  await buildServer();
}, 120_000);

it('is measured once, by a child that ends with the answer', async () => {
  const children: Child[] = [];
  const speed = makeMachineSpeed(() => {
    const child = startChild({
      script: join(projectFolder, 'dist/server/prove-child.js'),
      maxBytes: 2 ** 30,
    });
    children.push(child);
    return child;
  }, 2);
  const [first, second] = await Promise.all([speed(), speed()]);
  expect(first).toEqual({
    tier: expect.stringMatching(/^(fma|wide|simd128|scalar)$/),
    nsPerProduct: expect.any(Number),
    threads: 2,
  });
  expect(first?.nsPerProduct).toBeGreaterThan(0.2);
  expect(second).toBe(first);
  expect(children).toHaveLength(1);
  expect(isAlive(children[0]!.pid)).toBe(false);
});

it('is not known while the child dies of it, and tried again', async () => {
  let starts = 0;
  const speed = makeMachineSpeed(() => {
    starts++;
    const child: Child = {
      pid: 0,
      send: () => queueMicrotask(() => child.onDeath('crash')),
      onMessage: () => {},
      onDeath: () => {},
      dead: () => false,
      end: async () => {},
    };
    return child;
  }, 2);
  expect(await speed()).toBeNull();
  expect(await speed()).toBeNull();
  expect(starts).toBe(2);
});
