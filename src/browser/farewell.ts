// Tells a closed or reloaded page from a crashed one. A page that goes has no time to write to IndexedDB,
// but localStorage is synchronous: the leader leaves its name there, and the next one gives its jobs back
// instead of taking them for victims of a crash.

export interface Farewells {
  /** This owner leaves in good order. */
  leave(ownerId: string): void;
  /** Owners that left and have not been settled. */
  departed(): string[];
  /** Their leases have been given back, or the owner is back itself. */
  settle(ownerId: string): void;
}

/** `storage` gives `localStorage`; where it is forbidden or full, a goodbye is simply not heard, and the next
 * leader thinks of a crash and starts a rung lower. */
export function makeFarewells(storage: () => Storage, name: string): Farewells {
  const prefix = `${name}-left-`;
  return {
    leave(ownerId) {
      try {
        storage().setItem(prefix + ownerId, '');
      } catch {
        // Not heard.
      }
    },
    departed() {
      try {
        const kept = storage();
        const keys = Array.from({ length: kept.length }, (_, at) => kept.key(at) ?? '');
        return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      } catch {
        return [];
      }
    },
    settle: (ownerId) => storage().removeItem(prefix + ownerId),
  };
}
