// What the browser says about the room this site has, and whether it may clear it by itself.

import type { StorageService } from '../services/device.ts';

export interface SiteStorage extends Pick<StorageService, 'facts' | 'persist'> {
  /** Asks if nobody ever has: for the first thing worth keeping. */
  persistOnce(): Promise<void>;
}

const KEY = 'gnomon.persist-answer';

/** Null stands for what this browser does not tell (or not here: insecure pages have no storage manager). */
export function makeSiteStorage(
  storage: StorageManager | undefined,
  local: () => Pick<Storage, 'getItem' | 'setItem'>,
): SiteStorage {
  /** Of this page's life, where the browser keeps nothing. */
  let answered: string | null = null;
  const answer = () => {
    try {
      return local().getItem(KEY) ?? answered;
    } catch {
      return answered;
    }
  };
  const persisted = async () => (await storage?.persisted?.().catch(() => null)) ?? null;

  async function persist(): Promise<boolean> {
    const granted = (await storage?.persist?.().catch(() => false)) ?? false;
    answered = granted ? 'granted' : 'refused';
    try {
      local().setItem(KEY, answered);
    } catch {
      // Asked again next time.
    }
    return granted;
  }

  return {
    async facts() {
      const estimate = await storage?.estimate().catch(() => undefined);
      const { usage, quota } = estimate ?? {};
      return {
        usedBytes: usage ?? null,
        freeBytes: quota === undefined ? null : Math.max(0, quota - (usage ?? 0)),
        persistent: await persisted(),
        refused: answer() === 'refused',
      };
    },
    persist,
    async persistOnce() {
      if (answer() === null && (await persisted()) === false) await persist();
    },
  };
}
