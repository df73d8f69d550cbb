// Everything out of one browser and into another: ended and waiting jobs with their inputs, own circuits with their
// files; twice is once; and without the passphrase it is noise.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, expect, it, vi } from 'vitest';
import { makeMemoryChunks } from '../../src/browser/artifact-chunks.ts';
import { type BackupParts, exportEverything, importEverything } from '../../src/browser/backup.ts';
import { makeVault } from '../../src/browser/database.ts';
import { openJobStore } from '../../src/browser/job-store.ts';
import { makeLedger } from '../../src/browser/ledger.ts';
import { makeOwnCircuits } from '../../src/browser/own-circuits.ts';
import { openSealed } from '../../src/browser/sealed-stream.ts';
import { makeServerRecords } from '../../src/browser/server-records.ts';
import { makeSnapshotStore } from '../../src/browser/snapshot-store.ts';
import type { JobArchive, JobStore } from '../../src/core/ports.ts';
import { makeArtifactStore } from '../../src/prover/artifacts.ts';
import { aResult, CANARY, here, requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';
import { SeededRandom } from '../helpers/random.ts';

const PASSPHRASE = 'paper ink sun shadow';

const SERVER = {
  id: 'a'.repeat(32),
  url: 'wss://prover.example/ws',
  name: 'Office',
  token: 'CANARY-token',
  permission: 'secrets',
  setAside: 'a proof that it sent was wrong',
} as const;

interface Place extends BackupParts {
  servers: ReturnType<typeof makeServerRecords>;
  jobs: JobStore & JobArchive;
}

/** A browser with nothing in it; the one before is left. */
async function fresh(): Promise<Place> {
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('localStorage', memoryStorage());
  const artifacts = makeArtifactStore({
    storage: makeMemoryChunks(),
    fetch: () => Promise.reject(new Error('offline')),
    baseUrl: 'brought:',
    nowMs: () => 1,
  });
  const spawn = () => {
    throw new Error('No worker is needed.');
  };
  const ownCircuits = makeOwnCircuits({ spawn, artifacts, fetch, nowMs: () => 1 });
  await Promise.all([ownCircuits.list(), makeLedger(makeVault()).list(), makeSnapshotStore().list()]);
  const jobs = await openJobStore({ clock: new VirtualClock(), random: new SeededRandom(1) });
  const servers = makeServerRecords(() => localStorage, new EventTarget());
  return { jobs, ownCircuits, artifacts, servers };
}

async function bringCircuit({ artifacts }: Place, fill: number): Promise<void> {
  const keep = (name: string, bytes: number) => artifacts.keep(name, new Uint8Array(bytes).fill(fill));
  const files = {
    wasm: await keep('a.wasm', 10),
    zkey: await keep('a.zkey', 2_000_000),
    vkey: await keep('a.json', 9),
  };
  const { circuit } = requestFor('x');
  const id = `own-${fill}`;
  const own = {
    id,
    circuit: { ...circuit, id, artifacts: files },
    name: id,
    from: 'files',
    inputValues: 2,
    addedAtMs: fill,
  };
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('gnomon-own-circuits');
    request.onsuccess = () => resolve(request.result);
  });
  await new Promise((resolve) => {
    const transaction = database.transaction('own', 'readwrite');
    transaction.objectStore('own').put(own);
    transaction.oncomplete = resolve;
  });
  database.close();
}

let from: Place;
let file: Blob;

beforeEach(async () => {
  from = await fresh();
  await bringCircuit(from, 7);
  localStorage.setItem('gnomon.theme', 'dark');
  for (const id of ['done', 'runs', 'waits']) await from.jobs.add(requestFor(id));
  const holder = { ownerId: 'tab', epoch: await from.jobs.beginEpoch('tab') };
  for (const id of ['done', 'runs']) {
    const found = await from.jobs.claim(holder, { leaseMs: 1_000, place: () => here });
    if ('refusal' in found || found.claim?.job.id !== id) throw new Error(`${id} was not claimed.`);
    if (id === 'done')
      await from.jobs.commit(holder, found.claim.lease, { kind: 'succeeded', result: aResult });
  }
  file = await exportEverything(from, PASSPHRASE);
});

it('brings back jobs with their inputs, own circuits with their files, and what is set', async () => {
  const before = await from.jobs.get('done');
  const to = await fresh();
  expect(await importEverything(to, file, PASSPHRASE)).toEqual({ added: 4, skipped: 0 });
  expect((await to.jobs.list()).map(({ id, state }) => [id, state])).toEqual([
    ['waits', 'queued'],
    ['runs', 'queued'],
    ['done', 'succeeded'],
  ]);
  expect(await to.jobs.get('done')).toEqual({ ...before, sequence: 1 });
  for (const id of ['runs', 'waits']) expect(await to.jobs.inputOf(id)).toEqual(requestFor(id).input);
  expect(await to.jobs.inputOf('done')).toBeNull();
  const [own] = await to.ownCircuits.list();
  const zkey = own?.circuit.artifacts.zkey;
  if (zkey === undefined) throw new Error('The circuit was not brought back.');
  const bytes = await to.artifacts.get(zkey, new AbortController().signal, () => {});
  expect(bytes.length).toBe(2_000_000);
  expect(localStorage.getItem('gnomon.theme')).toBe('dark');

  // Once more changes nothing.
  expect(await importEverything(to, file, PASSPHRASE)).toEqual({ added: 0, skipped: 4 });
  expect((await to.jobs.list()).length).toBe(3);
});

it('merges with what is there already', async () => {
  const to = await fresh();
  await bringCircuit(to, 8);
  await to.jobs.add(requestFor('waits', { label: 'mine' }));
  await to.jobs.add(requestFor('other'));
  localStorage.setItem('gnomon.theme', 'light');
  expect(await importEverything(to, file, PASSPHRASE)).toEqual({ added: 3, skipped: 1 });
  expect((await to.jobs.list()).map(({ id }) => id).toSorted()).toEqual(['done', 'other', 'runs', 'waits']);
  expect((await to.jobs.get('waits'))?.label).toBe('mine');
  expect((await to.ownCircuits.list()).map(({ circuit }) => circuit.id)).toEqual(['own-8', 'own-7']);
  expect(localStorage.getItem('gnomon.theme')).toBe('light');
});

/** The list in front of the files, as it is under the passphrase. */
async function contentOf(backup: Blob): Promise<string> {
  const reader = await openSealed(backup, PASSPHRASE);
  const length = new DataView((await reader.read(4)).buffer).getUint32(0);
  return new TextDecoder().decode(await reader.read(length));
}

it('opened, shows nothing of an input whose job has ended', async () => {
  expect(await contentOf(file)).toContain(CANARY);
  for (const id of ['runs', 'waits']) await from.jobs.cancel(id);
  const content = await contentOf(await exportEverything(from, PASSPHRASE));
  expect(content).toContain('waits');
  expect(content).not.toContain(CANARY);
});

it('cannot be read without the passphrase, and a part of it changes nothing', async () => {
  const bytes = Buffer.from(await file.arrayBuffer());
  for (const text of [CANARY, 'gnomon.theme', 'own-7', 'waits', PASSPHRASE]) {
    expect(bytes.includes(text)).toBe(false);
  }
  const zkey = (await from.ownCircuits.list())[0]?.circuit.artifacts.zkey;
  expect(await from.artifacts.has(zkey?.sha256 ?? '')).toBe(true);
  const to = await fresh();
  await expect(importEverything(to, file, 'another passphrase')).rejects.toMatchObject({
    code: 'input.passphrase',
  });
  await expect(importEverything(to, file.slice(0, file.size - 100), PASSPHRASE)).rejects.toMatchObject({
    code: 'input.backup',
  });
  expect([await to.jobs.list(), await to.ownCircuits.list()]).toEqual([[], []]);
  expect(await to.artifacts.has(zkey?.sha256 ?? '')).toBe(false);
});

it('brings back servers with their tokens and what each may see, and widens nothing that is here', async () => {
  from.servers.put(SERVER);
  from.servers.put({ ...SERVER, id: 'b'.repeat(32), url: 'wss://other.example/ws', setAside: null });
  from.servers.setOffload({ mode: 'automatic', tier: 'may-offload', whenLost: 'wait' });
  file = await exportEverything(from, PASSPHRASE);
  expect(Buffer.from(await file.arrayBuffer()).includes(SERVER.token)).toBe(false);

  const to = await fresh();
  expect(await importEverything(to, file, PASSPHRASE)).toEqual({ added: 6, skipped: 0 });
  const again = makeServerRecords(() => localStorage, new EventTarget());
  for (const servers of [to.servers, again]) {
    expect(servers.list()).toEqual(from.servers.list());
    expect(servers.offload()).toEqual({ mode: 'automatic', tier: 'may-offload', whenLost: 'wait' });
  }
  expect(await importEverything(to, file, PASSPHRASE)).toEqual({ added: 0, skipped: 6 });

  // Here under another id, with another token, and allowed less.
  const mine = {
    ...SERVER,
    id: 'c'.repeat(32),
    token: 'mine',
    permission: 'nothing',
    setAside: null,
  } as const;
  const third = await fresh();
  third.servers.put(mine);
  expect(await importEverything(third, file, PASSPHRASE)).toEqual({ added: 5, skipped: 1 });
  expect(third.servers.list().map(({ id }) => id[0])).toEqual(['c', 'b']);
  expect(third.servers.get(mine.id)).toEqual(mine);
  expect(third.servers.offload()).toEqual({ mode: 'here', tier: 'local-only', whenLost: 'elsewhere' });
});
