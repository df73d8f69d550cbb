// Jobs as the pages see them, for tests of the pages' logic.
import type { Job, JobState, ProofResult } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';

const artifact = { url: 'x', bytes: 1, sha256: '0'.repeat(64) };

export const circuit: CircuitEntry = {
  id: 'reputation-64',
  capacity: 64,
  constraints: 21_260,
  domain: 32_768,
  publicSignals: ['root', 'nullifier', 'scope', 'message', 'asOf', 'baseRate', 'lower', 'upper'],
  setup: 'development',
  artifacts: { wasm: artifact, zkey: artifact, vkey: artifact },
};

export const result: ProofResult = {
  proof: {
    pi_a: ['1', '2', '1'],
    pi_b: [
      ['1', '2'],
      ['3', '4'],
      ['1', '0'],
    ],
    pi_c: ['1', '2', '1'],
    protocol: 'groth16',
    curve: 'bn128',
  },
  publicSignals: ['11', '22', '33', '44', '1700000000', '500000', '700000', '1000000'],
  timingsMs: { artifacts: 400, witness: 100, proving: 1400, verifying: 100 },
  prover: 'snarkjs',
  threads: 1,
};

export function job(state: JobState, over: Partial<Job> = {}): Job {
  const ended = state === 'succeeded' || state === 'failed' || state === 'cancelled';
  return {
    id: 'job-1',
    label: 'Airdrop',
    circuit,
    keepInput: 'if-mendable',
    inputKept: !ended,
    revision: 1,
    sequence: 1,
    queuedAtMs: 1000,
    held: null,
    paused: false,
    rung: 'snarkjs-single',
    attemptsUsed: 0,
    secrets: [{ signal: 'secret', identityId: 'id-1' }],
    expectedPublicSignals: null,
    priority: 1,
    privacy: 'local-only',
    maxAttempts: 3,
    context: {},
    state,
    createdAtMs: 1000,
    availableAtMs: 1000,
    endedAtMs: ended ? 5000 : null,
    attempts: [],
    lease: null,
    result: state === 'succeeded' ? result : null,
    error: null,
    ...over,
  };
}
