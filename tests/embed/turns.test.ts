// The order of proofs and of downloads, and what becomes of it when one fails.
import { expect, it } from 'vitest';
import { makeLanes, makeTurns } from '../../src/embed/turns.ts';

const rest = () => new Promise((resolve) => setTimeout(resolve, 0));

it('runs one at a time, the first called first among those that wait', async () => {
  const turns = makeTurns();
  const order: string[] = [];
  let end = () => {};
  const [first, second, third] = [turns.ticket(), turns.ticket(), turns.ticket()];
  const running = turns.take(third, async () => {
    order.push('third');
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    throw new Error('failed');
  });
  const waiting = [
    turns.take(second, async () => order.push('second')),
    turns.take(first, async () => order.push('first')),
  ];
  await rest();
  expect(order).toEqual(['third']);
  end();
  await expect(running).rejects.toThrow('failed');
  await Promise.all(waiting);
  expect(order).toEqual(['third', 'first', 'second']);
  expect(await turns.take(turns.ticket(), async () => 'free again')).toBe('free again');
});

it('keeps lanes apart, and lets the next in at its leave or end', async () => {
  const lanes = makeLanes();
  const order: string[] = [];
  const never = new Promise<void>(() => {});
  void lanes.run('stalled', () => never);
  void lanes.run('stalled', async () => order.push('behind the stalled'));
  await lanes.run('other', async () => order.push('other'));
  void lanes.run('left', (leave) => {
    leave();
    return never;
  });
  await lanes.run('left', async () => order.push('after one that left'));
  const failed = lanes.run('failed', () => Promise.reject(new Error('failed')));
  const after = lanes.run('failed', async () => order.push('after one that failed'));
  await expect(failed).rejects.toThrow('failed');
  await after;
  await rest();
  expect(order).toEqual(['other', 'after one that left', 'after one that failed']);
});
