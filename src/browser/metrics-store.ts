// Records of attempts in IndexedDB, bounded: beyond the limit the oldest are folded into sums of their day. Losing the
// last ones to a power cut costs nothing, so writes are relaxed.
import type { DBSchema } from 'idb';
import type { AttemptRecord } from '../core/metrics/attempt-record.ts';
import { type Day, type DayKey, foldInto, type History } from '../core/metrics/history.ts';
import { Totals, type TotalsData } from '../core/metrics/summary.ts';
import { makeConnection } from './connection.ts';

type StoredDay = DayKey & { name: string; totals: TotalsData };

interface Schema extends DBSchema {
  /** Keyed by a number that grows. */
  records: { key: number; value: AttemptRecord };
  days: { key: string; value: StoredDay; indexes: { day: number } };
}

export interface MetricsStore {
  /** Resolves with a number that names it. */
  add(record: AttemptRecord): Promise<number>;
  /** Adds what was learnt of an attempt after its end; nothing if it is not kept by itself any more. */
  amend(number: number, more: Pick<AttemptRecord, 'peakMemoryBytes'>): Promise<void>;
  /** The last of them, oldest first. */
  latest(count: number): Promise<AttemptRecord[]>;
  /** Read in pieces, so that a page stays smooth meanwhile. */
  history(): Promise<History>;
  clear(): Promise<void>;
}

export interface MetricsStoreOptions {
  /** Database name. */
  name?: string;
  /** Records that are kept one by one. */
  limit?: number;
}

const LIMIT = 10_000;
/** Folded this many at once, so that not every attempt pays for it. */
const SLACK_SHARE = 0.05;
/** Days older than this before the newest are dropped. */
const KEPT_DAYS = 731;
const DAY_MS = 86_400_000;
const READ_AT_ONCE = 1_000;

export function makeMetricsStore({
  name = 'gnomon-metrics',
  limit = LIMIT,
}: MetricsStoreOptions = {}): MetricsStore {
  const { use } = makeConnection<Schema>(name, 1, (database) => {
    database.createObjectStore('records', { autoIncrement: true });
    database.createObjectStore('days', { keyPath: 'name' }).createIndex('day', 'dayMs');
  });
  const slack = Math.max(1, Math.floor(limit * SLACK_SHARE));

  /** The oldest beyond the limit go into their days, in one transaction: each attempt is counted once. */
  async function fold(): Promise<void> {
    await use(async (database) => {
      const tx = database.transaction(['records', 'days'], 'readwrite', { durability: 'relaxed' });
      const [records, days] = [tx.objectStore('records'), tx.objectStore('days')];
      const excess = (await records.count()) - limit;
      if (excess <= 0) return tx.done;
      const keys = await records.getAllKeys(null, excess);
      const old = await records.getAll(null, excess);
      const names = new Set(foldInto(new Map(), old).keys());
      const known = new Map<string, Day>();
      for (const one of names) {
        const stored = await days.get(one);
        if (stored !== undefined) known.set(one, dayFrom(stored));
      }
      let newestMs = 0;
      for (const [one, { totals, ...key }] of foldInto(known, old)) {
        newestMs = Math.max(newestMs, key.dayMs);
        await days.put({ ...key, name: one, totals: totals.toData() });
      }
      for (const key of keys) await records.delete(key);
      const tooOld = IDBKeyRange.upperBound(newestMs - KEPT_DAYS * DAY_MS);
      for (const key of await days.index('day').getAllKeys(tooOld)) await days.delete(key);
      return tx.done;
    });
  }

  return {
    async add(record) {
      const { number, held } = await use(async (database) => {
        const tx = database.transaction('records', 'readwrite', { durability: 'relaxed' });
        const added = { number: await tx.store.add(record), held: await tx.store.count() };
        await tx.done;
        return added;
      });
      if (held > limit + slack) await fold();
      return number;
    },

    amend: (number, more) =>
      use(async (database) => {
        const tx = database.transaction('records', 'readwrite', { durability: 'relaxed' });
        const record = await tx.store.get(number);
        if (record !== undefined) await tx.store.put({ ...record, ...more }, number);
        await tx.done;
      }),

    latest: (count) =>
      use(async (database) => {
        const cursor = await database.transaction('records').store.openKeyCursor(null, 'prev');
        if (cursor === null) return [];
        return database.getAll('records', IDBKeyRange.lowerBound(Number(cursor.key) - count, true));
      }),

    history: () =>
      use(async (database) => {
        const records: AttemptRecord[] = [];
        let after = 0;
        for (;;) {
          const range = IDBKeyRange.lowerBound(after, true);
          const tx = database.transaction('records');
          const [keys, some] = await Promise.all([
            tx.store.getAllKeys(range, READ_AT_ONCE),
            tx.store.getAll(range, READ_AT_ONCE),
          ]);
          for (const record of some) records.push(record);
          after = keys.at(-1) ?? after;
          if (keys.length < READ_AT_ONCE) break;
        }
        return { records, days: (await database.getAll('days')).map(dayFrom) };
      }),

    clear: () =>
      use(async (database) => {
        const tx = database.transaction(['records', 'days'], 'readwrite', { durability: 'relaxed' });
        await Promise.all([tx.objectStore('records').clear(), tx.objectStore('days').clear(), tx.done]);
      }),
  };
}

function dayFrom({ name: _name, totals, ...key }: StoredDay): Day {
  return { ...key, totals: Totals.from(totals) };
}
