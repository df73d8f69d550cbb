// The contract's harness for IndexedDB, the same in Node (over fake-indexeddb) and in a real page.
import { openJobStore } from '../../src/browser/job-store.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import type { StoreHarness } from './job-store.support.ts';

/** A fresh database for each call. */
export async function indexedDbHarness(name: string, seed: number): Promise<StoreHarness> {
  const clock = new VirtualClock();
  const open = (extra: number) => openJobStore({ clock, random: new SeededRandom(seed + extra), name });
  const store = await open(0);
  return {
    store,
    advance: (ms) => clock.advance(ms),
    jump: (ms) => clock.jump(ms),
    another: () => open(1),
    dump: () => dumpDatabase(name),
    fences: true,
    async close() {
      await store.close();
      await settled(indexedDB.deleteDatabase(name));
    },
  };
}

/** Everything in a database, as JSON. */
async function dumpDatabase(name: string): Promise<string> {
  const database = await settled(indexedDB.open(name));
  const all: Record<string, unknown> = {};
  for (const store of database.objectStoreNames) {
    all[store] = await settled(database.transaction(store).objectStore(store).getAll());
  }
  database.close();
  return JSON.stringify(all);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
