// A page around the local backend and the verifier, for circuits that are not ours.
import { makeLocalBackend } from '../../../src/browser/local-backend.ts';
import { makeBrowserVerifier } from '../../../src/browser/verifier.ts';
import { toErrorData } from '../../../src/core/errors.ts';
import type { CircuitInput, Groth16Proof } from '../../../src/core/groth16.ts';
import type { Progress, ProofResult, Rung } from '../../../src/core/job.ts';
import type { CircuitEntry } from '../../../src/core/manifest.ts';

const baseUrl = `${location.origin}/circuits/manifest.json`;
const verifier = makeBrowserVerifier({
  baseUrl,
  spawn: () =>
    new Worker(new URL('../../../src/workers/verify.ts', import.meta.url), {
      type: 'module',
      name: 'verify',
    }),
});

const page = {
  isolated: crossOriginIsolated,
  /** Proves in the worker; resolves with the result and every progress report, or with the error as data. */
  async prove(circuit: CircuitEntry, input: CircuitInput, rung: Rung, abortAfterMs: number | null) {
    const backend = makeLocalBackend({
      baseUrl,
      spawn: () =>
        new Worker(new URL('../../../src/workers/prove.ts', import.meta.url), {
          type: 'module',
          name: 'prove',
        }),
      threads: 2,
    });
    const progress: Progress[] = [];
    const aborter = new AbortController();
    if (abortAfterMs !== null) setTimeout(() => aborter.abort(), abortAfterMs);
    try {
      const result = await backend.prove(
        { jobId: crypto.randomUUID(), number: 1, circuit, input, rung, deadlineMs: 120_000 },
        aborter.signal,
        (report) => progress.push(report),
      );
      return { result, progress, error: null };
    } catch (thrown) {
      return { result: null, progress, error: toErrorData(thrown) };
    }
  },
  verify(circuit: CircuitEntry, result: ProofResult, expectedPublicSignals: string[] | null) {
    return verifier.verify({ circuit, result, expectedPublicSignals }, new AbortController().signal);
  },
  check(vkey: unknown, publicSignals: string[], proof: Groth16Proof) {
    return verifier.check(vkey, publicSignals, proof);
  },
};

export type ProverPage = typeof page;
(globalThis as unknown as { proverPage: ProverPage }).proverPage = page;
