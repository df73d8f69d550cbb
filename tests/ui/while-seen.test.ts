// What only goes on while the page is seen.
import { expect, it } from 'vitest';
import { whileSeen } from '../../src/ui/while-seen.ts';

it('goes on while the page is seen, ends when it is hidden, and for good when it is left', () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' as DocumentVisibilityState });
  const log: string[] = [];
  const leave = whileSeen(
    () => {
      log.push('begun');
      return () => log.push('ended');
    },
    page as unknown as Document,
  );
  const turn = (state: DocumentVisibilityState) => {
    page.visibilityState = state;
    page.dispatchEvent(new Event('visibilitychange'));
    return log.splice(0);
  };
  expect(log).toEqual([]);
  expect(turn('visible')).toEqual(['begun']);
  expect(turn('visible')).toEqual([]);
  expect(turn('hidden')).toEqual(['ended']);
  expect(turn('hidden')).toEqual([]);
  expect(turn('visible')).toEqual(['begun']);
  leave();
  expect(log.splice(0)).toEqual(['ended']);
  expect(turn('visible')).toEqual([]);
});
