// The proving worker: one attempt at a time, ended by whoever started it.
import { expose } from 'comlink';
import { makeProveWorkerApi } from '../browser/prove-worker.ts';

expose(makeProveWorkerApi());
