// The proving worker: one attempt at a time, ended by whoever started it.
import { expose } from 'comlink';
import { type ProveWorkerApi, proveInWorker } from '../browser/prove-worker.ts';

expose({ prove: (request, onEvent) => proveInWorker(request, onEvent) } satisfies ProveWorkerApi);
