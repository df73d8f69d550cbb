// The library's one worker, which proves, verifies or works out what a proof must show. No snarkjs in it.
import { expose } from 'comlink';
import { makeLibraryWorkerApi } from '../browser/library-worker.ts';

expose(makeLibraryWorkerApi());
