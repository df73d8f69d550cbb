// A job database as version 1 of the schema left it: inputs in plain, jobs in several states. Runs in Node
// and in pages.
import type { CircuitInput } from '../../src/core/groth16.ts';
import { type Job, type JobRequest, Priority } from '../../src/core/job.ts';

/** What its inputs contain; version 2 must not keep it in plain. */
export const FIRST_VERSION_CANARY = '27182818284590452353602874713526624977';

export const FIRST_VERSION_JOBS = [
  { id: 'running', state: 'running', ended: false, input: { rating: [FIRST_VERSION_CANARY, '1'] } },
  { id: 'queued', state: 'queued', ended: false, input: { rating: [FIRST_VERSION_CANARY, ['2', '3']] } },
  { id: 'mendable', state: 'failed', ended: true, input: { sealed: FIRST_VERSION_CANARY, iv: '1' } },
] as const satisfies { id: string; state: Job['state']; ended: boolean; input: CircuitInput }[];

/** A connection of an older page. One that does not let go is frozen, or hangs. */
export function openFirstVersion(name: string, letsGo: boolean): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      const jobs = request.result.createObjectStore('jobs', { keyPath: 'id' });
      jobs.createIndex('waiting', ['lane', 'priority', 'sequence']);
      jobs.createIndex('sequence', 'sequence');
      request.result.createObjectStore('inputs');
      request.result.createObjectStore('meta');
    };
    request.onsuccess = () => {
      const database = request.result;
      if (letsGo) database.onversionchange = () => database.close();
      resolve(database);
    };
    request.onerror = () => reject(request.error);
  });
}

/** Makes the database, three jobs in it, at epoch 7. */
export async function fillFirstVersion(name: string, shape: Partial<JobRequest> = {}): Promise<Job[]> {
  const database = await openFirstVersion(name, true);
  const transaction = database.transaction(['jobs', 'inputs', 'meta'], 'readwrite');
  const jobs = FIRST_VERSION_JOBS.map(({ id, state, ended, input }, at) => {
    const job = jobOf(id, state, ended, at + 1, shape);
    // That version knew no pauses.
    const { paused: _, ...kept } = job;
    transaction.objectStore('jobs').put({ ...kept, lane: state });
    transaction.objectStore('inputs').put(input, id);
    return job;
  });
  transaction.objectStore('meta').put({ epoch: 7, sequence: jobs.length }, 'meta');
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  database.close();
  return jobs;
}

function jobOf(
  id: string,
  state: Job['state'],
  ended: boolean,
  sequence: number,
  shape: Partial<JobRequest>,
): Job {
  const artifact = { url: 'x.bin', bytes: 1, sha256: '0'.repeat(64) };
  const { input: _input, ...given } = shape;
  return {
    id,
    label: `Job ${id}`,
    circuit: {
      id: 'reputation-16',
      capacity: 16,
      constraints: 1,
      domain: 2,
      publicSignals: ['root'],
      setup: 'development',
      artifacts: { wasm: artifact, zkey: artifact, vkey: artifact },
    },
    secrets: [],
    expectedPublicSignals: ['1'],
    priority: Priority.NORMAL,
    privacy: 'local-only',
    maxAttempts: 3,
    context: {},
    ...given,
    keepInput: 'if-mendable',
    inputKept: true,
    state,
    revision: 1,
    sequence,
    createdAtMs: 1,
    queuedAtMs: 1,
    availableAtMs: 1,
    held: null,
    paused: false,
    rung: 'snarkjs-threaded',
    endedAtMs: ended ? 2 : null,
    attempts: [],
    attemptsUsed: 0,
    lease:
      state === 'running'
        ? { token: 'old', ownerId: 'old', epoch: 7, durationMs: 30_000, expiresAtMs: 30_000 }
        : null,
    result: null,
    error: null,
  };
}
