// Persistent storage is asked for once by itself, and what the browser answered is told as it is.
import { describe, expect, it } from 'vitest';
import { makeSiteStorage } from '../../src/browser/storage-facts.ts';

function setUp({ grants = false, persistent = false, keeps = true }) {
  const kept = new Map<string, string>();
  const state = { asked: 0, persistent };
  const manager = {
    estimate: async () => ({ usage: 30, quota: 100 }),
    persisted: async () => state.persistent,
    async persist() {
      state.asked++;
      state.persistent ||= grants;
      return state.persistent;
    },
  } as unknown as StorageManager;
  const local = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const open = () =>
    makeSiteStorage(manager, () => {
      if (!keeps) throw new DOMException('forbidden', 'SecurityError');
      return local;
    });
  return { state, open };
}

describe('persistent storage', () => {
  it.each([true, false])('is asked for once; the answer, %s, is told', async (grants) => {
    const { state, open } = setUp({ grants });
    expect(await open().facts()).toMatchObject({ freeBytes: 70, persistent: false, refused: false });
    for (let visit = 0; visit < 3; visit++) await open().persistOnce();
    expect(state.asked).toBe(1);
    expect(await open().facts()).toMatchObject({ persistent: grants, refused: !grants });
  });

  it('is asked for again when the person wants to', async () => {
    const { state, open } = setUp({});
    await open().persistOnce();
    expect([await open().persist(), state.asked]).toEqual([false, 2]);
  });

  it('is not asked for where it is there already, or nothing is known', async () => {
    const { state, open } = setUp({ persistent: true });
    await open().persistOnce();
    expect(state.asked).toBe(0);
    const unknown = makeSiteStorage(undefined, () => localStorage);
    await unknown.persistOnce();
    expect(await unknown.facts()).toEqual({
      usedBytes: null,
      freeBytes: null,
      persistent: null,
      refused: false,
    });
  });

  it('is asked for once in a page that may keep nothing', async () => {
    const { state, open } = setUp({ keeps: false });
    const page = open();
    for (let job = 0; job < 3; job++) await page.persistOnce();
    expect([state.asked, (await page.facts()).refused]).toEqual([1, true]);
  });
});
