// Jobs that have ended and are remembered, with what each holds: in the order of their ends, of all and of each owner.
import type { Entry } from './entry.ts';

export interface Ended {
  add(entry: Entry, bytes: number): void;
  remove(entry: Entry): void;
  held(): { jobs: number; bytes: number };
  oldest(): Entry | null;
  /** The oldest of the owner who has most. */
  ofMost(what: 'jobs' | 'bytes'): Entry | null;
}

interface Holding {
  entries: Map<Entry, number>;
  bytes: number;
}

export function makeEnded(): Ended {
  const all: Holding = { entries: new Map(), bytes: 0 };
  const owners = new Map<string, Holding>();
  const first = ({ entries }: Holding): Entry | null => entries.keys().next().value ?? null;

  return {
    add(entry, bytes) {
      const own = owners.get(entry.owner) ?? { entries: new Map(), bytes: 0 };
      owners.set(entry.owner, own);
      for (const holding of [all, own]) {
        holding.entries.set(entry, bytes);
        holding.bytes += bytes;
      }
    },
    remove(entry) {
      const bytes = all.entries.get(entry);
      const own = owners.get(entry.owner);
      if (bytes === undefined || own === undefined) return;
      for (const holding of [all, own]) {
        holding.entries.delete(entry);
        holding.bytes -= bytes;
      }
      if (own.entries.size === 0) owners.delete(entry.owner);
    },
    held: () => ({ jobs: all.entries.size, bytes: all.bytes }),
    oldest: () => first(all),
    ofMost(what) {
      const size = ({ entries, bytes }: Holding) => (what === 'jobs' ? entries.size : bytes);
      let most: Holding | null = null;
      for (const one of owners.values()) if (most === null || size(one) > size(most)) most = one;
      return most === null ? null : first(most);
    },
  };
}
