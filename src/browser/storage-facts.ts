// What the browser says about the room this site has, and whether it may clear it by itself.

export interface StorageFacts {
  usedBytes: number | null;
  /** What is left of this site's share. */
  freeBytes: number | null;
  persistent: boolean | null;
}

export interface SiteStorage {
  facts(): Promise<StorageFacts>;
  /** Asks the browser to keep this site's data even when the disk fills up; its answer. */
  persist(): Promise<boolean>;
}

/** Null stands for what this browser does not tell (or not here: insecure pages have no storage manager). */
export function makeSiteStorage(storage: StorageManager | undefined): SiteStorage {
  return {
    async facts() {
      const estimate = await storage?.estimate().catch(() => undefined);
      const { usage, quota } = estimate ?? {};
      return {
        usedBytes: usage ?? null,
        freeBytes: quota === undefined ? null : Math.max(0, quota - (usage ?? 0)),
        persistent: (await storage?.persisted?.().catch(() => null)) ?? null,
      };
    },
    persist: async () => (await storage?.persist?.().catch(() => false)) ?? false,
  };
}
