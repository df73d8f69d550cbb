// Records of attempts as fast-check makes them.
import fc from 'fast-check';
import { RUNGS, STAGES } from '../../../src/core/job.ts';
import { type AttemptRecord, OUTCOMES } from '../../../src/core/metrics/attempt-record.ts';

const aMs = fc.double({ min: 0, max: 1e7, noNaN: true });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const aCount = fc.nat(1_000_000);

export const aRecord: fc.Arbitrary<AttemptRecord> = fc.record({
  endedAtMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_600_000_000 }),
  circuitId: fc.constantFrom('reputation-16', 'reputation-64', 'own'),
  zkeySha256: fc.constantFrom('0'.repeat(64), 'f'.repeat(64)),
  constraints: aCount,
  domain: aCount,
  zkeyBytes: aCount,
  inputValues: orNull(aCount),
  backendId: fc.constantFrom('local', 'server:1', 'server:2'),
  kind: fc.constantFrom('local', 'thread', 'remote'),
  label: fc.constantFrom('this device', 'Office server'),
  rung: fc.constantFrom(...RUNGS),
  tier: orNull(fc.constantFrom('fma', 'simd128')),
  threads: orNull(fc.integer({ min: 1, max: 16 })),
  number: fc.integer({ min: 1, max: 9 }),
  queueMs: aMs,
  stagesMs: fc.record(Object.fromEntries(STAGES.map((stage) => [stage, aMs])), { requiredKeys: [] }),
  totalMs: aMs,
  proveMs: orNull(aMs),
  peakMemoryBytes: orNull(fc.nat()),
  predictedMs: orNull(aMs),
  predictedLowMs: orNull(aMs),
  predictedHighMs: orNull(aMs),
  outcome: fc.constantFrom(...OUTCOMES),
  errorCode: orNull(fc.constantFrom('resource.memory', 'backend.died')),
  fromCache: orNull(fc.boolean()),
});
