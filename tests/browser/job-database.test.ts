// The jobs' database: upgraded from its first version with all that it held, sealed with one key, and let
// go of when a newer page asks. Real Chromium does the same in tests/e2e/upgrade.test.ts.
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeSealKey, sealInput } from '../../src/browser/input-seal.ts';
import { openJobStore } from '../../src/browser/job-store.ts';
import type { ErrorData } from '../../src/core/errors.ts';
import type { JobStore } from '../../src/core/ports.ts';
import { systemClock } from '../../src/core/system.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { FIRST_VERSION_JOBS, fillFirstVersion, openFirstVersion } from '../helpers/first-version.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';

let names = 0;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const close of closing.splice(0)) await close();
});

async function open(name: string, heard: Partial<Record<'warned' | 'outdated', ErrorData[]>> = {}) {
  const store = await openJobStore({
    name,
    clock: systemClock,
    random: new SeededRandom(testSeed + names++),
    onWarning: (error) => heard.warned?.push(error),
    onOutdated: (error) => heard.outdated?.push(error),
  });
  closing.push(() => store.close());
  return store;
}

const fresh = () => `jobs-${names++}`;

async function claimAll(store: JobStore) {
  const holder = { ownerId: 'tab', epoch: await store.beginEpoch('tab') };
  const claims = [];
  for (;;) {
    const found = await store.claim(holder, {
      leaseMs: 10_000,
      place: () => ({ backendId: 'local', rung: 'snarkjs-single', reason: 'here' }),
    });
    if ('refusal' in found || found.claim === null) return claims;
    claims.push(found.claim);
  }
}

/** Everything in one object store, as it is. */
async function contents(name: string, store: string): Promise<unknown[]> {
  const database = await settled(indexedDB.open(name));
  const all = await settled(database.transaction(store).objectStore(store).getAll());
  database.close();
  return all;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

describe('the upgrade from version 1', () => {
  it('keeps jobs, inputs, order and epoch, and leaves no input in plain', async () => {
    const name = fresh();
    const before = await fillFirstVersion(name);
    const store = await open(name);
    expect((await store.list()).reverse().map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    for (const input of await contents(name, 'inputs')) expect(input).toHaveProperty('sealed');
    expect(await contents(name, 'keys')).toHaveLength(1);
    for (const { rung } of await store.list()) expect(rung).toBe('engine-threaded');
    expect(await store.beginEpoch('x')).toBe(8);
    const claims = await claimAll(store);
    // The running one stalled and comes back; the ended one keeps its input for a retry.
    expect(claims.map(({ job, input }) => [job.id, input])).toEqual(
      FIRST_VERSION_JOBS.filter(({ ended }) => !ended).map(({ id, input }) => [id, input]),
    );
    await store.retry('mendable');
    expect((await claimAll(store)).map(({ job }) => job.id)).toContain('mendable');
  });

  it('waits for older pages, and takes their tabs out of the line', async () => {
    const name = fresh();
    await fillFirstVersion(name);
    const older = [await openFirstVersion(name, true), await openFirstVersion(name, true)];
    const store = await open(name);
    expect(await store.list()).toHaveLength(FIRST_VERSION_JOBS.length);
    for (const connection of older) expect(() => connection.transaction('jobs')).toThrow();
  });

  it('says what to do when an older page does not let go, and goes on once it has', async () => {
    const name = fresh();
    await fillFirstVersion(name);
    const older = await openFirstVersion(name, false);
    await expect(open(name)).rejects.toMatchObject({ code: 'resource.storage-blocked' });
    older.close();
    expect(await (await open(name)).list()).toHaveLength(FIRST_VERSION_JOBS.length);
  });
});

/** As version 2 left it: inputs sealed under its own key, jobs on the ladder without the engine. */
async function fillSecondVersion(name: string): Promise<void> {
  await fillFirstVersion(name);
  const key = (await makeSealKey()) as CryptoKey;
  const request = indexedDB.open(name, 2);
  request.onupgradeneeded = () => void request.result.createObjectStore('keys').put(key, 'inputs');
  const database = await settled(request);
  const sealed = await Promise.all(
    FIRST_VERSION_JOBS.map(async ({ id, input }) => [id, await sealInput(key, id, input)] as const),
  );
  const inputs = database.transaction('inputs', 'readwrite').objectStore('inputs');
  for (const [id, input] of sealed) await settled(inputs.put(input, id));
  database.close();
}

describe('the upgrade from version 2', () => {
  it('keeps jobs and the key of their inputs, and puts the engine on their ladder', async () => {
    const name = fresh();
    await fillSecondVersion(name);
    const store = await open(name);
    expect(await contents(name, 'keys')).toHaveLength(1);
    for (const { rung } of await store.list()) expect(rung).toBe('engine-threaded');
    for (const { id, input } of FIRST_VERSION_JOBS) expect(await store.inputOf(id)).toEqual(input);
    expect((await claimAll(store)).map(({ job }) => job.id)).toEqual(
      FIRST_VERSION_JOBS.filter(({ ended }) => !ended).map(({ id }) => id),
    );
  });
});

describe('a newer page', () => {
  it('gets the storage at once, and this one says so and saves nothing more', async () => {
    const name = fresh();
    const outdated: ErrorData[] = [];
    const store = await open(name, { outdated });
    await store.add(requestFor('a'));
    const newer = await settled(indexedDB.open(name, 99));
    closing.push(() => newer.close());
    expect(outdated.map(({ code }) => code)).toEqual(['resource.storage-newer']);
    await expect(store.add(requestFor('b'))).rejects.toMatchObject({ code: 'resource.storage-newer' });
    await expect(store.list()).rejects.toMatchObject({ code: 'resource.storage-newer' });
  });

  it('is not what deleting everything is taken for', async () => {
    const name = fresh();
    const outdated: ErrorData[] = [];
    const store = await open(name, { outdated });
    await store.add(requestFor('a'));
    await settled(indexedDB.deleteDatabase(name));
    expect(await store.list()).toEqual([]);
    await store.add(requestFor('b'));
    expect((await claimAll(store)).map(({ job }) => job.id)).toEqual(['b']);
    expect(outdated).toEqual([]);
  });
});

describe('sealed inputs', () => {
  it('have one key for all tabs, which cannot be read out', async () => {
    const name = fresh();
    const stores = await Promise.all([open(name), open(name), open(name)]);
    await Promise.all(stores.map((store, at) => store.add(requestFor(`job-${at}`))));
    const keys = (await contents(name, 'keys')) as CryptoKey[];
    expect(keys.map(({ extractable, algorithm }) => [extractable, algorithm.name])).toEqual([
      [false, 'AES-GCM'],
    ]);
    await expect(crypto.subtle.exportKey('raw', keys[0]!)).rejects.toThrow();
    expect(await claimAll(stores[0]!)).toHaveLength(3);
  });

  it('never repeat an initialisation vector', async () => {
    const name = fresh();
    const store = await open(name);
    for (let at = 0; at < 100; at++) await store.add(requestFor(`job-${at}`));
    const sealed = (await contents(name, 'inputs')) as { iv: Uint8Array }[];
    expect(new Set(sealed.map(({ iv }) => `${iv}`)).size).toBe(100);
  });

  it('of another job, or with a bit changed, fail the job by name and the next one goes on', async () => {
    const name = fresh();
    const store = await open(name);
    for (const id of ['a', 'b', 'c', 'd']) await store.add(requestFor(id));
    const database = await settled(indexedDB.open(name));
    const inputs = database.transaction('inputs', 'readwrite').objectStore('inputs');
    const [a, c] = [await settled(inputs.get('a')), await settled(inputs.get('c'))];
    new Uint8Array(c.sealed)[3]! ^= 1;
    await settled(inputs.put(a, 'b'));
    await settled(inputs.put(c, 'c'));
    database.close();
    expect((await claimAll(store)).map(({ job }) => job.id)).toEqual(['a', 'd']);
    for (const id of ['b', 'c']) {
      const job = await store.get(id);
      expect([job?.state, job?.error?.code, job?.inputKept]).toEqual([
        'failed',
        'internal.input-unreadable',
        false,
      ]);
    }
  });

  it('stay in plain where there is no encryption, which is said; with it they are still read', async () => {
    const name = fresh();
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const warned: ErrorData[] = [];
    const plain = await open(name, { warned });
    await plain.add(requestFor('a'));
    expect(warned.map(({ code }) => code)).toEqual(['resource.storage-plain']);
    await plain.close();
    vi.unstubAllGlobals();
    const store = await open(name);
    await store.add(requestFor('b'));
    const claims = await claimAll(store);
    expect(claims.map(({ job, input }) => [job.id, input])).toEqual(
      ['a', 'b'].map((id) => [id, requestFor(id).input]),
    );
  });
});
