// What the cases of the JobStore contract share: the harness they run in, sample jobs, and checks that need no
// test runner, since a page in a real browser runs them too.
import type { ErrorData } from '../../src/core/errors.ts';
import { type Job, type JobRequest, Priority, type ProofResult } from '../../src/core/job.ts';
import type { Claim, Holder, JobStore, Placed } from '../../src/core/ports.ts';

export interface StoreHarness {
  store: JobStore;
  /** Lets the store's clock pass. */
  advance(ms: number): Promise<void>;
  /** Sets the store's clock forward or back; null where that cannot be done. */
  jump: ((ms: number) => void) | null;
  /** The same storage opened once more, as another tab would; null for stores in memory. */
  another: (() => Promise<JobStore>) | null;
  /** Everything stored, as text, for canaries; null where it cannot be read. */
  dump: (() => Promise<string>) | null;
  /** False for stores shared by many schedulers, which never fence. */
  fences: boolean;
  close(): Promise<void>;
}

export interface ContractCase {
  name: string;
  /** False: the harness lacks what the case needs, so nothing was tested. */
  run(harness: StoreHarness): Promise<boolean>;
}

export const LEASE_MS = 10_000;
export const CANARY = '61803398874989484820458683436563811772';

export function requestFor(id: string, change: Partial<JobRequest> = {}): JobRequest {
  const artifact = { url: 'x.bin', bytes: 1, sha256: '0'.repeat(64) };
  return {
    id,
    label: `Job ${id}`,
    circuit: {
      id: 'reputation-16',
      capacity: 16,
      constraints: 1,
      domain: 2,
      publicSignals: ['root'],
      setup: 'development',
      artifacts: { wasm: artifact, zkey: artifact, vkey: artifact },
    },
    input: { rating: [CANARY, '1'] },
    secrets: [{ signal: 'secret', identityId: 'me' }],
    expectedPublicSignals: ['1'],
    priority: Priority.NORMAL,
    privacy: 'local-only',
    maxAttempts: 3,
    context: {},
    ...change,
  };
}

export const aResult: ProofResult = {
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
  publicSignals: ['1'],
  timingsMs: { proving: 1 },
  prover: 'snarkjs',
  threads: 1,
};

export function anError(retryable: boolean): ErrorData {
  return {
    group: 'backend',
    code: 'backend.died',
    message: 'The prover ended.',
    nextStep: 'Try again.',
    retryable,
  };
}

export const here: Placed = { backendId: 'local', rung: 'engine-threaded', reason: 'here: the only place' };

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Broken promise: ${what}`);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === b, `${what}: got ${a}, wanted ${b}`);
}

export async function lead(store: JobStore, ownerId = 'tab-1'): Promise<Holder> {
  return { ownerId, epoch: await store.beginEpoch(ownerId) };
}

export async function claim(
  store: JobStore,
  holder: Holder,
  place: (job: Job) => Placed | null = () => here,
): Promise<Claim | null> {
  const result = await store.claim(holder, { leaseMs: LEASE_MS, place });
  check(!('refusal' in result), 'a leader may claim');
  return result.claim;
}

export async function mustClaim(store: JobStore, holder: Holder): Promise<Claim> {
  const got = await claim(store, holder);
  check(got !== null, 'there is a job to claim');
  return got;
}

export async function claimOrder(store: JobStore, holder: Holder): Promise<string[]> {
  const order: string[] = [];
  for (let got = await claim(store, holder); got !== null; got = await claim(store, holder)) {
    order.push(got.job.id);
  }
  return order;
}

export function always(name: string, run: (harness: StoreHarness) => Promise<void>): ContractCase {
  return {
    name,
    async run(harness) {
      await run(harness);
      return true;
    },
  };
}
