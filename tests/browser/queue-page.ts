// One tab's queue with the real prover, with places where a test can hold it; for tests/e2e, which bundle this.
import { openJobStore } from '../../src/browser/job-store.ts';
import { makeJobs } from '../../src/browser/jobs.ts';
import { makeLocalBackend } from '../../src/browser/local-backend.ts';
import { makeMetrics } from '../../src/browser/metrics.ts';
import { makeMetricsStore } from '../../src/browser/metrics-store.ts';
import { makeBrowserVerifier } from '../../src/browser/verifier.ts';
import { asBackendList } from '../../src/core/backend-list.ts';
import { type ErrorData, GnomonError } from '../../src/core/errors.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import type { JobRequest } from '../../src/core/job.ts';
import type { Backend, Clock, InputResolver } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import type { JobEvent } from '../../src/services/jobs.ts';
import type { QueueClaim } from '../helpers/queue-claim.ts';
import { SERVER_ID, sendsWhereAsked, withServer } from './queue-remote.ts';

const baseUrl = `${location.origin}/circuits/manifest.json`;

/** `before-commit`: a proof is there and not saved. `after-commit`: it is saved, and nobody here knows. */
export type HoldAt = 'before-commit' | 'after-commit' | 'before-proof';
let holdAt: HoldAt | null = null;
let held = false;
const hold = (): Promise<never> => {
  held = true;
  return new Promise(() => {});
};

/** The wall clock as a person or a time server may set it. */
let clockOffsetMs = 0;
const clock: Clock = { ...systemClock, nowMs: () => Date.now() + clockOffsetMs };

const troubles: ErrorData[] = [];
const inner = await openJobStore({
  clock,
  random: systemRandom,
  onWarning: (error) => troubles.push(error),
  onOutdated: (error) => troubles.push(error),
});
const store: typeof inner = {
  ...inner,
  async commit(holder, lease, outcome) {
    if (outcome.kind !== 'succeeded') return inner.commit(holder, lease, outcome);
    if (holdAt === 'before-commit') await hold();
    const deaf = holdAt === 'after-commit';
    if (deaf) listening = false;
    const written = await inner.commit(holder, lease, outcome);
    return deaf ? hold() : written;
  },
  watch: (listener) => inner.watch((event) => listening && listener(event)),
};
let listening = true;

/** How the next proving workers die, each its own way; see starved-worker.ts. */
let deaths: string[] = [];
const diedAtMs: number[] = [];
new BroadcastChannel('deaths').onmessage = ({ data }: MessageEvent<number>) => diedAtMs.push(data);
/** `?rungs=…,…`: this device has no others. */
const query = new URLSearchParams(location.search);
const onlyRungs = query.get('rungs')?.split(',');
/** `?silence=…`: a worker is given up after so many milliseconds without a word. */
const silenceMs = Number(query.get('silence'));

const backend = makeLocalBackend({
  baseUrl,
  ...(silenceMs > 0 && { silenceMs: () => silenceMs }),
  threads: Math.min(2, navigator.hardwareConcurrency),
  spawn() {
    const death = deaths.shift();
    return death === undefined
      ? new Worker(new URL('../../src/workers/prove.ts', import.meta.url), { type: 'module', name: 'prove' })
      : new Worker(new URL('./starved-worker.ts', import.meta.url), { type: 'module', name: death });
  },
});
let given = 0;
const verifier = makeBrowserVerifier({
  baseUrl,
  spawn: () =>
    new Worker(new URL('../../src/workers/verify.ts', import.meta.url), { type: 'module', name: 'verify' }),
});

const unlocked = new Map<string, string>();
const inputs: InputResolver = {
  async resolve(secrets) {
    return Object.fromEntries(
      secrets.map(({ signal, identityId }) => {
        const secret = unlocked.get(identityId);
        if (secret !== undefined) return [signal, secret];
        throw new GnomonError('input.identity-locked', 'The identity is locked.', { nextStep: 'Unlock it.' });
      }),
    );
  },
};

const estimates = createEstimates();
const metrics = makeMetrics({
  store: makeMetricsStore(),
  estimates,
  localRung: backend.rungs[0]!,
  nowMs: () => Date.now(),
  onTrouble: (error) => troubles.push(error),
});

const here: Backend = {
  ...backend,
  rungs: backend.rungs.filter((rung) => onlyRungs?.includes(rung) ?? true),
  async prove(attempt, signal, onProgress) {
    given++;
    if (holdAt === 'before-proof') await hold();
    return backend.prove(attempt, signal, onProgress);
  },
};
/** `?server=ws:…`: a worker server, for jobs that are sent to it. */
const server = query.get('server');
const backends = server === null ? asBackendList([here]) : withServer(here, server);

const events: JobEvent[] = [];
const jobs = makeJobs({
  store,
  backends,
  ...(server !== null && { policy: sendsWhereAsked }),
  verifier,
  inputs,
  estimates,
  taught: () => metrics.taught(),
  metrics,
  clock,
  random: systemRandom,
  locks: navigator.locks,
  page: window,
  onTrouble: (error) => troubles.push(error),
});
jobs.watch((event) => events.push(event));

async function fileNames(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, handle] of folder.entries()) {
    names.push(name);
    if (handle.kind === 'directory') names.push(...(await fileNames(handle as FileSystemDirectoryHandle)));
  }
  return names;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (part instanceof ArrayBuffer) return String.fromCharCode(...new Uint8Array(part));
    return ArrayBuffer.isView(part) ? String.fromCharCode(...new Uint8Array(part.buffer)) : part;
  });
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const queue = {
  /** Resolves once it is accepted. With `identityId` the secret is filled in when it is proved. `away`: on the server. */
  async submit(
    id: string,
    claim: QueueClaim,
    identityId: string | null = null,
    label = `Job ${id}`,
    away = false,
  ) {
    const request: JobRequest = {
      id,
      label,
      circuit: claim.circuit,
      input: identityId === null ? { ...claim.input, secret: claim.secret } : claim.input,
      secrets: identityId === null ? [] : [{ signal: 'secret', identityId }],
      expectedPublicSignals: claim.publicSignals,
      priority: 1,
      ...(away ? { privacy: 'may-offload', sendTo: SERVER_ID } : { privacy: 'local-only' }),
      maxAttempts: 3,
      context: {},
    };
    return (await jobs.submit(request)).id;
  },
  async unlock(identityId: string, secret: string) {
    unlocked.set(identityId, secret);
    await jobs.releaseHeld();
  },
  holdAt(place: HoldAt | null) {
    holdAt = place;
  },
  isHeld: () => held,
  starve(next: string[]) {
    deaths = next;
  },
  diedAtMs: () => diedAtMs,
  setClock(offsetMs: number) {
    clockOffsetMs = offsetMs;
  },
  job: (id: string) => jobs.get(id),
  list: () => jobs.list(),
  cancel: (id: string) => jobs.cancel(id),
  leading: () => jobs.leading(),
  serverReady: () =>
    backends.list().some(({ kind, health }) => kind === 'remote' && health().state === 'ready'),
  /** How many attempts this tab's prover was given. */
  given: () => given,
  records: () => metrics.records(),
  /** The runs that a prediction for this circuit rests on. */
  predictedFrom: (claim: QueueClaim) => metrics.predict(claim.circuit)?.runs ?? null,
  busy: () => backend.capacity().busy,
  /** The latest reported fraction of the proof of a job, or null. */
  proving(id: string) {
    const last = events.filter((event) => event.type === 'progress' && event.jobId === id).at(-1);
    return last?.type === 'progress' && last.progress.stage === 'proving' ? last.progress.fraction : null;
  },
  async states() {
    return Object.fromEntries((await jobs.list()).map(({ id, state }) => [id, state]));
  },
  /** Everything this origin keeps and a script can read, as text by place; `inputs` alone as well. Bytes
   * become text one to one. */
  async seen(): Promise<Record<string, string>> {
    const places: Record<string, string> = {
      localStorage: JSON.stringify({ ...localStorage }),
      sessionStorage: JSON.stringify({ ...sessionStorage }),
      cookies: document.cookie,
      jobs: JSON.stringify(await jobs.list()),
      events: JSON.stringify(events),
      'exported metrics': await (await metrics.exportJson()).text(),
      'metrics as CSV': await (await metrics.exportCsv()).text(),
      files: (await fileNames(await navigator.storage.getDirectory())).join('\n'),
    };
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      places[`cache ${name}`] = (await cache.keys()).map(({ url }) => url).join('\n');
    }
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const all = await settled(database.transaction(store).objectStore(store).getAll());
        places[name] = `${places[name] ?? ''}${textOf(all)}`;
        if (store === 'inputs') places.inputs = textOf(all);
      }
      database.close();
    }
    return places;
  },
  /** How often it was told that news may have gone past this page. */
  missed: () => events.filter(({ type }) => type === 'missed').length,
  troubles: () => troubles.map(({ code }) => code),
};
export type QueuePage = typeof queue;
Object.assign(globalThis, { queue });
