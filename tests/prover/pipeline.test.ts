// What the pipeline says about time left while it loads: from what is really fetched, not from what was kept.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { ArtifactStore } from '../../src/core/ports.ts';
import { runPipeline } from '../../src/prover/pipeline.ts';
import { makeProvingSession } from '../../src/prover/snarkjs-session.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Loads a circuit of 30 + 70 bytes whose files come as told, and returns what was said until the key turned
 * out to be none. */
async function said(files: Record<string, readonly { atMs: number; bytes: number }[]>): Promise<Progress[]> {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const artifact = (url: string, bytes: number) => ({ url, bytes, sha256: '0'.repeat(64) });
  const circuit = {
    artifacts: { wasm: artifact('wasm', 30), zkey: artifact('zkey', 70), vkey: artifact('vkey', 1) },
  } as CircuitEntry;
  const store = {
    get: async ({ url, bytes }, _, onBytes) => {
      for (const step of files[url] ?? []) {
        nowMs = step.atMs;
        onBytes(step.bytes);
      }
      return new Uint8Array(bytes);
    },
  } as ArtifactStore;
  const progress: Progress[] = [];
  const signal = new AbortController().signal;
  await expect(
    runPipeline(
      { circuit, input: {}, rung: 'engine-single', threads: 1 },
      store,
      makeProvingSession(),
      { onProgress: (one) => progress.push(one) },
      signal,
    ),
  ).rejects.toThrow();
  return progress.filter(({ stage }) => stage === 'artifacts');
}

describe('time left while loading', () => {
  it('says nothing when all that is there was kept from before', async () => {
    const progress = await said({ wasm: [{ atMs: 10, bytes: 30 }], zkey: [{ atMs: 20, bytes: 35 }] });
    expect(progress.slice(0, 3).map(({ etaMs }) => etaMs)).toEqual([null, null, null]);
  });

  it('follows the speed of what is fetched', async () => {
    const progress = await said({
      wasm: [{ atMs: 0, bytes: 30 }],
      zkey: [
        { atMs: 0, bytes: 0 },
        { atMs: 1000, bytes: 14 },
        { atMs: 2500, bytes: 35 },
      ],
    });
    expect(progress.map(({ etaMs }) => etaMs)).toEqual([null, null, null, 4000, 2500, 0]);
  });
});
