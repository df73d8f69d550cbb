// The circuit worker: takes in circuits that a person brings, away from the page's thread.
import { expose } from 'comlink';
import { makeCircuitWorkerApi } from '../browser/circuit-worker.ts';

expose(makeCircuitWorkerApi());
