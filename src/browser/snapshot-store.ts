// Published snapshots in IndexedDB, database "gnomon-snapshots": a small record each for lists, and the
// evidence and tree from which bundles are made. Both are saved in one transaction or not at all.

import type { DBSchema } from 'idb';
import { GnomonError } from '../core/errors.ts';
import type { Network } from '../reputation/network.ts';
import type { PublishedSnapshot } from '../services/snapshots.ts';
import { makeConnection } from './connection.ts';

export interface RejectedRow {
  where: string;
  reason: string;
}

interface SnapshotSchema extends DBSchema {
  published: { key: string; value: PublishedSnapshot };
  network: { key: string; value: Network };
}

export interface SnapshotStore {
  /** Resolves once both parts are durably saved. */
  save(snapshot: PublishedSnapshot, network: Network): Promise<void>;
  /** Newest first. */
  list(): Promise<PublishedSnapshot[]>;
  /** Refuses an id that is not here (any more). */
  get(id: string): Promise<PublishedSnapshot>;
  network(id: string): Promise<Network>;
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

const BOTH = ['published', 'network'] as const;

export function makeSnapshotStore(name = 'gnomon-snapshots'): SnapshotStore {
  const { use, close } = makeConnection<SnapshotSchema>(name, 1, (database) => {
    database.createObjectStore('published', { keyPath: 'id' });
    database.createObjectStore('network');
  });

  return {
    save: (snapshot, network) =>
      use(async (database) => {
        const transaction = database.transaction(BOTH, 'readwrite', { durability: 'strict' });
        await Promise.all([
          transaction.objectStore('published').put(snapshot),
          transaction.objectStore('network').put(network, snapshot.id),
          transaction.done,
        ]);
      }),
    list: async () => {
      const all = await use((database) => database.getAll('published'));
      return all.sort((a, b) => b.createdAtMs - a.createdAtMs);
    },
    get: async (id) => found(await use((database) => database.get('published', id))),
    network: async (id) => found(await use((database) => database.get('network', id))),
    remove: (id) =>
      use(async (database) => {
        const transaction = database.transaction(BOTH, 'readwrite', { durability: 'strict' });
        await Promise.all([
          transaction.objectStore('published').delete(id),
          transaction.objectStore('network').delete(id),
          transaction.done,
        ]);
      }),
    close,
  };
}

function found<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new GnomonError('input.unknown-snapshot', 'This snapshot is not kept on this device.', {
    nextStep: 'Publish it again from its network, or open the claim bundle that you were given.',
  });
}
