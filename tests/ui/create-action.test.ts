// What a click sets off: one thing at a time where a button shows that it is busy, all of them where many rows share.
import { expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { createActing, createAction } from '../../src/ui/create-action.ts';

/** Work that ends when told. */
function makeWork() {
  let begun = 0;
  const ends: (() => void)[] = [];
  const work = () => {
    begun++;
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  return { work, begun: () => begun, endAll: () => ends.forEach((end) => void end()) };
}

it('an action ignores a second click while it is under way', async () => {
  const { work, begun, endAll } = makeWork();
  const action = createAction(work);
  const first = action.run();
  expect(await action.run()).toBe(false);
  endAll();
  expect([await first, begun()]).toEqual([true, 1]);
});

it('rows that act lose no click, however soon it comes after another', () => {
  const { work, begun } = makeWork();
  const acting = createActing();
  for (let click = 0; click < 5; click++) acting.run(work);
  expect(begun()).toBe(5);
});

it('what went wrong in one of them is told until the next', async () => {
  const acting = createActing();
  const full = new GnomonError('resource.storage-full', 'Full.', { nextStep: 'Free some space.' });
  acting.run(() => Promise.reject(full));
  await expect.poll(() => acting.error()?.code).toBe('resource.storage-full');
  acting.run(async () => {});
  expect(acting.error()).toBeNull();
});
