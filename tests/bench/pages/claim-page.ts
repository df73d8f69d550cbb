// The page that `npm run bench -- claim` measures in: import, snapshot and proof as the app does them, and
// bare snarkjs beside it.
import { groth16 } from 'snarkjs';
import { makeLocalBackend } from '../../../src/browser/local-backend.ts';
import { makeBrowserVerifier } from '../../../src/browser/verifier.ts';
import type { ProofResult } from '../../../src/core/job.ts';
import type { CircuitEntry } from '../../../src/core/manifest.ts';
import { buildClaim, type Claim } from '../../../src/reputation/claim.ts';
import { demoKeyPair } from '../../../src/reputation/demo.ts';
import { buildNetwork, makeBundle, makeCampaign } from '../../../src/reputation/network.ts';
import { readRatings } from '../../../src/reputation/ratings.ts';

const baseUrl = `${location.origin}/circuits/manifest.json`;
const backend = makeLocalBackend({
  baseUrl,
  spawn: () =>
    new Worker(new URL('../../../src/workers/prove.ts', import.meta.url), { type: 'module', name: 'prove' }),
  threads: navigator.hardwareConcurrency,
});
const verifier = makeBrowserVerifier({
  baseUrl,
  spawn: () =>
    new Worker(new URL('../../../src/workers/verify.ts', import.meta.url), {
      type: 'module',
      name: 'verify',
    }),
});
const never = new AbortController().signal;

let claim: Claim;
let circuit: CircuitEntry;
let wasm: Uint8Array;
let zkey: Uint8Array;

const fetchBytes = async (url: string) =>
  new Uint8Array(await (await fetch(new URL(url, baseUrl))).arrayBuffer());

const page = {
  /** Imports the network, publishes it with one accepted size, and prepares the claim of whoever has the
   * most records that fit. Times in ms. */
  async prepare(csv: string, entry: CircuitEntry) {
    circuit = entry;
    const startedAt = performance.now();
    const { rows } = await readRatings(csv);
    const importedAt = performance.now();
    const asOf = rows.reduce((latest, row) => Math.max(latest, row.createdAtMs), 0) / 1000 + 1;
    const network = await buildNetwork(rows, {
      asOf,
      baseRatePpm: 500_000,
      weights: { kind: 'uniform' },
      commitments: 'demo',
    });
    const publishedAt = performance.now();
    const capacity = entry.capacity ?? 0;
    const fitting = [...network.people.values()].filter((person) => person.records.length <= capacity);
    const subject = fitting.reduce((most, one) =>
      one.records.length > most.records.length ? one : most,
    ).subject;
    const campaign = makeCampaign(network, {
      name: 'Bench',
      issuer: 'bench',
      campaignId: 'bench',
      challenge: '00'.repeat(32),
      asks: [{ type: 'membership' }],
      circuits: [{ capacity, id: entry.id, vkeySha256: entry.artifacts.vkey.sha256 }],
    });
    const bundle = makeBundle(network, campaign, subject);
    claim = buildClaim({ bundle, secretScalar: demoKeyPair(subject).secretScalar, askIndex: 0, payload: '' });
    wasm = await fetchBytes(entry.artifacts.wasm.url);
    zkey = await fetchBytes(entry.artifacts.zkey.url);
    return {
      people: network.people.size,
      records: bundle.records.length,
      importMs: importedAt - startedAt,
      snapshotMs: publishedAt - importedAt,
    };
  },
  /** One proof through the app's worker, verified. */
  async ours() {
    const startedAt = performance.now();
    const result: ProofResult = await backend.prove(
      {
        jobId: 'bench',
        number: 1,
        circuit,
        input: claim.input,
        rung: backend.rungs[0]!,
        deadlineMs: 600_000,
      },
      never,
      () => {},
    );
    const provedAt = performance.now();
    const verdict = await verifier.verify(
      { circuit, result, expectedPublicSignals: claim.publicSignals },
      never,
    );
    if (!verdict.ok) throw new Error(verdict.detail);
    return {
      witnessMs: result.timingsMs.witness ?? 0,
      provingMs: result.timingsMs.proving ?? 0,
      proveCallMs: provedAt - startedAt,
      verifyMs: performance.now() - provedAt,
      threads: result.threads,
    };
  },
  /** One proof by snarkjs as people wire it up by hand: fullProve with the files in memory. */
  async peer() {
    const startedAt = performance.now();
    await groth16.fullProve(claim.input, wasm, zkey);
    return { proveCallMs: performance.now() - startedAt };
  },
};

export type ClaimBenchPage = typeof page;
(globalThis as unknown as { claimBench: ClaimBenchPage }).claimBench = page;
