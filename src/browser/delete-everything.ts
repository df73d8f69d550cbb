// Deletes all that this site keeps in this browser: databases, caches, files, settings, and the app's own copy.
import { GnomonError } from '../core/errors.ts';

/** Every database the app makes; browsers that can list them may know more. */
const DATABASES = [
  'gnomon-jobs',
  'gnomon-vault',
  'gnomon-snapshots',
  'gnomon-own-circuits',
  'gnomon-metrics',
];
/** A tab that does not let go of a database for this long is said to be in the way. */
const BLOCKED_MS = 5_000;

/** Other tabs show what is gone: they begin anew when one has deleted everything. */
export interface Deletion {
  run(): Promise<void>;
}

/** `channel` is heard by all tabs but this one; `beginAnew` leaves this page. */
export function makeDeletion(channel: BroadcastChannel, beginAnew: () => void): Deletion {
  channel.onmessage = beginAnew;
  return {
    async run() {
      try {
        await deleteEverything();
      } finally {
        channel.postMessage('deleted');
      }
    },
  };
}

/** The page must be left right after it; its stores are gone. Rejects with `resource.storage-blocked` when
 * another tab holds on. What could be deleted by then is. */
async function deleteEverything(): Promise<void> {
  const listed = await indexedDB.databases?.().catch(() => []);
  const names = new Set([...DATABASES, ...(listed ?? []).flatMap(({ name }) => name ?? [])]);
  const gone = await Promise.all([...names].map(deleteDatabase));
  for (const name of (await globalThis.caches?.keys().catch(() => [])) ?? []) await caches.delete(name);
  await deleteFiles();
  const registrations = await navigator.serviceWorker?.getRegistrations().catch(() => []);
  for (const registration of registrations ?? []) await registration.unregister();
  try {
    localStorage.clear();
  } catch {
    // Forbidden here, hence empty.
  }
  if (gone.every(Boolean)) return;
  throw new GnomonError('resource.storage-blocked', 'Another tab holds on to what is kept here.', {
    nextStep: 'Close the other Gnomon tabs, then delete again.',
  });
}

function deleteDatabase(name: string): Promise<boolean> {
  return new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => done(true);
    request.onerror = () => done(false);
    setTimeout(() => done(false), BLOCKED_MS);
  });
}

async function deleteFiles(): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  } catch {
    // No private files in this browser.
  }
}
