// The browser's artifact store: OPFS or Cache chunks, one download at a time across tabs.
import type { ErrorData } from '../core/errors.ts';
import { type KeepingArtifactStore, type Lock, makeArtifactStore } from '../prover/artifacts.ts';
import { openChunkStorage } from './artifact-chunks.ts';

export interface BrowserArtifactOptions {
  /** Relative artifact URLs are resolved against this, e.g. the manifest's own URL. */
  baseUrl: string;
  onWarning?: (warning: ErrorData) => void;
}

/** Opens the store, in a window or a worker. Never fails for want of storage: at worst it keeps nothing. */
export async function openArtifactStore({
  baseUrl,
  onWarning,
}: BrowserArtifactOptions): Promise<KeepingArtifactStore> {
  return makeArtifactStore({
    storage: await openChunkStorage(),
    fetch: (input, init) => fetch(input, init),
    baseUrl,
    nowMs: () => Date.now(),
    lock: lockAcrossTabs,
    ...(onWarning === undefined ? {} : { onWarning }),
  });
}

const lockAcrossTabs: Lock = async (sha256, work) => {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  // Absent outside secure contexts; two tabs may then fetch the same file twice, which harms nobody.
  if (locks === undefined) return { done: await work() };
  return locks.request(`gnomon-artifact-${sha256}`, { ifAvailable: true }, async (lock) =>
    lock === null ? 'busy' : { done: await work() },
  );
};
