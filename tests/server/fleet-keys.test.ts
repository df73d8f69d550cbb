// The key ring over many rotations: a key goes only when nothing can be sealed to it any more.
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { openKeyRing, rotateKeys } from '../../worker-server/fleet/keys.ts';

/** Called once, when a file has been read. */
let onRead: (() => Promise<unknown>) | null = null;
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    async readFile(...args: Parameters<typeof real.readFile>) {
      const read = await real.readFile(...args);
      const call = onRead;
      onRead = null;
      await call?.();
      return read;
    },
  };
});

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

describe('the key file of a fleet', () => {
  it('is left as it is when it cannot be read', async () => {
    // Whoever runs this may be root, who can read any file: a folder and a circle of links cannot be read by anyone.
    const isFolder = join(folder, 'a-folder');
    mkdirSync(isFolder);
    const isCircle = join(folder, 'a-circle');
    symlinkSync(isCircle, isCircle);
    for (const [path, code] of [
      [isFolder, 'EISDIR'],
      [isCircle, 'ELOOP'],
    ] as const) {
      await expect(rotateKeys(path, 3, 0)).rejects.toMatchObject({
        code: 'input.config',
        message: expect.stringContaining(code),
      });
      await expect(openKeyRing(path, () => {})).rejects.toThrow(code);
      expect(existsSync(`${path}.new`)).toBe(false);
    }
    const isOther = join(folder, 'other.json');
    writeFileSync(isOther, '{"version":2}');
    await expect(rotateKeys(isOther, 3, 0)).rejects.toMatchObject({ code: 'input.config' });
    expect(readFileSync(isOther, 'utf8')).toBe('{"version":2}');
    await expect(openKeyRing(join(folder, 'nowhere'), () => {})).rejects.toThrow('There is no key file');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'goes on belonging to whom it belonged, and to nobody else',
    async () => {
      const path = join(folder, 'owned.json');
      await rotateKeys(path, 3, 0);
      chownSync(path, 4321, 1234);
      await rotateKeys(path, 3, 1);
      const { uid, gid, mode } = statSync(path);
      expect([uid, gid, mode & 0o777]).toEqual([4321, 1234, 0o600]);
    },
  );

  it('is read again when it is replaced while it is read', async () => {
    const path = join(folder, 'raced.json');
    await rotateKeys(path, 3, 0);
    onRead = () => rotateKeys(path, 3, 1);
    const ring = await openKeyRing(path, () => {});
    const other = await openKeyRing(path, () => {});
    expect(other.current().id).not.toBe(ring.current().id);
    expect(await ring.knows(await other.seal({ a: '7' }, job))).toBe(true);
    ring.close();
    other.close();
  });
});
