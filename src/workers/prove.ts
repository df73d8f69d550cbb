// The proving worker: one attempt at a time, ended by whoever started it.
import { expose } from 'comlink';
import { makeProveWorkerApi } from '../browser/prove-worker.ts';
import { makeProvingSession } from '../prover/snarkjs-session.ts';

expose(makeProveWorkerApi(makeProvingSession()));
