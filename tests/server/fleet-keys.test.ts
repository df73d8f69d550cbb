// The key ring over many rotations: a key goes only when nothing can be sealed to it any more.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { openKeyRing, rotateKeys } from '../../worker-server/fleet/keys.ts';

const HOUR_MS = 3_600_000;
const job = {
  id: 'owner\none',
  circuit: { artifacts: { zkey: { sha256: 'f'.repeat(64) } } } as CircuitEntry,
};
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Seals to a first key, rotates at these hours, and opens with what the file then holds. */
async function openedAfter(name: string, hours: readonly number[]): Promise<unknown> {
  const path = join(folder, name);
  await rotateKeys(path, 3, 0);
  const before = await openKeyRing(path, () => {});
  const sealed = await before.seal({ a: '7' }, job);
  before.close();
  for (const hour of hours) await rotateKeys(path, 3, hour * HOUR_MS);
  const after = await openKeyRing(path, () => {});
  const opened = await after.open(sealed, job as never);
  after.close();
  return opened;
}

describe('the keys of a fleet', () => {
  it.each([
    ['three', [1, 2, 3]],
    ['five', [1, 2, 3, 4, 5]],
    ['twenty', Array.from({ length: 20 }, (_, at) => at + 1)],
  ] as const)('open what was sealed to the first after %s rotations in a day', async (name, hours) => {
    expect(await openedAfter(name, hours)).toEqual({ a: '7' });
  });

  it('stay for as long as an input and an ended job are kept after the next key came, and no longer', async () => {
    expect(await openedAfter('edge', [0, 70, 71, 71.9])).toEqual({ a: '7' });
    expect(await openedAfter('past', [0, 70, 71, 72])).toBe('no-key');
  });

  it('stay whatever their age when they are among the newest', async () => {
    expect(await openedAfter('old', [1000, 2000])).toEqual({ a: '7' });
    expect(await openedAfter('older', [1000, 2000, 3000])).toBe('no-key');
  });
});
