// The verifying worker: strict verification away from whatever made the proof, and off the page's thread.
import { expose } from 'comlink';
import { makeVerifyWorkerApi } from '../browser/verify-worker.ts';

expose(makeVerifyWorkerApi());
