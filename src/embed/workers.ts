// The library's workers: from a blob of the source that the build puts here, so that a page needs one file and no
// bundler's help, or from the file beside it where a policy forbids blobs.

import workerSource from 'virtual:gnomon-worker';
import { makeWorkerPool, type WorkerPool as PagePool } from '../browser/worker-pool.ts';
import type { WorkerLike } from '../browser/worker-task.ts';

let blobUrl: string | null = null;
let fileUrl: string | null = null;

/** Starts workers from this file from now on (`dist/lib/pipeline-worker.js`, on the page's own origin), e.g. where
 * `worker-src` does not list `blob:`. */
export function useWorkerFile(url: string | URL): void {
  fileUrl = new URL(String(url), document.baseURI).href;
}

export function spawnWorker(): WorkerLike {
  if (fileUrl !== null) return new Worker(fileUrl, { name: 'gnomon' });
  // Never revoked: workers come and go for as long as the page lives.
  blobUrl ??= URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  return new Worker(blobUrl, { name: 'gnomon' });
}

/** The page's proving workers, shared by all clients that are given no other pool. */
export const workerPool: PagePool = makeWorkerPool({
  spawn: spawnWorker,
  threads: globalThis.navigator?.hardwareConcurrency ?? 1,
});
