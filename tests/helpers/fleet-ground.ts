// What the machines of one test file stand on: a Redis and a key file of their own, there before its tests and gone after.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type MachineOptions, makeKeys } from './fleet-machine.ts';
import { onRedis, type Storage } from './fleet-storage.ts';
import { REDIS } from './redis-server.ts';

export interface Ground {
  /** For the machines of a fleet of its own. */
  fleet(): Pick<MachineOptions, 'storage' | 'folder' | 'prefix'>;
}

/** Called where a file's tests are declared; without Redis it makes nothing. */
export function onOwnRedis(name: string): Ground {
  let storage: Storage | undefined;
  let folder = '';
  let nth = 0;

  beforeAll(async () => {
    if (REDIS === undefined) return;
    folder = mkdtempSync(join(tmpdir(), `gnomon-${name}-`));
    await makeKeys(folder);
    storage = await onRedis();
  }, 60_000);
  afterAll(async () => {
    await storage?.stop();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  return { fleet: () => ({ storage: storage!, folder, prefix: `${name}-${nth++}` }) };
}
