// Random messages of both directions, as the schemas allow them.
import fc from 'fast-check';
import { encodeFrame } from '../../../src/core/wire/frames.ts';
import type { ClientMessageInput, ServerMessage } from '../../../src/core/wire/messages.ts';

const chars = (alphabet: string, min: number, max: number) =>
  fc
    .array(fc.constantFrom(...alphabet), { minLength: min, maxLength: max })
    .map((letters) => letters.join(''));

export const jobId = chars('abcXYZ019._:-', 1, 128);
const digest = chars('0123456789abcdef', 64, 64);
const decimal = fc.bigInt({ min: 0n, max: 2n ** 256n }).map(String);
const ms = fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0);
const count = fc.nat();
const words = fc.string({ maxLength: 200 });
const signal = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 6 }, decimal, fc.array(tie('value'), { maxLength: 4 })),
})).value as fc.Arbitrary<string>;
const input = fc.dictionary(
  chars('abcdefgh_$', 1, 20).filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name)),
  signal,
  { maxKeys: 6, noNullPrototype: true },
);
const signals = fc.array(decimal, { maxLength: 10 });
const state = fc.constantFrom('queued', 'running', 'succeeded', 'failed', 'cancelled');
const capacity = fc.record({ slots: count, busy: count, queued: count });
const point = fc.tuple(decimal, decimal, decimal);
const pair = fc.tuple(decimal, decimal);
const proof = fc.record({
  pi_a: point,
  pi_b: fc.tuple(pair, pair, pair),
  pi_c: point,
  protocol: fc.constant('groth16'),
  curve: fc.constant('bn128'),
});
const code = fc.constantFrom('input.x', 'backend.died', 'protocol.shape', 'cancelled.by-owner');
const stage = fc.constantFrom('artifacts', 'witness', 'proving', 'verifying');
const of = <T extends string>(type: T) => ({ type: fc.constant(type) });
const bytes = fc.integer({ min: 1, max: 1_000_000 });

const payload = fc.oneof(
  fc.record({ input }),
  fc.record({ inputBytes: bytes }),
  fc.record({ witnessBytes: bytes }),
  fc.record({ sealedBytes: bytes }),
);
const submit = fc
  .tuple(
    fc.record(
      {
        ...of('submit'),
        jobId,
        circuit: digest,
        expectedPublicSignals: signals,
        priority: fc.constantFrom(0, 1, 2, 3),
        deadlineMs: fc.integer({ min: 1, max: 86_400_000 }),
      },
      { requiredKeys: ['type', 'jobId', 'circuit', 'priority'], noNullPrototype: true },
    ),
    payload,
  )
  .map(([rest, how]) => ({ ...rest, ...how }));

export const clientMessage = fc.oneof(
  fc.record(
    { ...of('hello'), version: count, token: words },
    { requiredKeys: ['type', 'version'], noNullPrototype: true },
  ),
  submit,
  fc.record({ ...of('cancel'), jobId }),
  fc.record({ ...of('subscribe'), requestId: jobId }),
  fc.record({ ...of('unsubscribe'), requestId: jobId }),
  fc.record(of('pong')),
) as fc.Arbitrary<ClientMessageInput>;

const key = fc.record({ id: words.map((id) => id.slice(0, 100)), publicKey: words });

const data: Record<ServerMessage['type'], fc.Arbitrary<unknown>> = {
  welcome: fc.record(
    {
      version: count,
      serverId: jobId,
      name: words,
      privacy: words,
      capacity,
      circuits: fc.array(
        fc.record({
          id: jobId.map((id) => id.slice(0, 64)),
          digest,
          constraints: count,
          typicalMs: fc.option(ms),
        }),
        { maxLength: 5 },
      ),
      pingIntervalMs: fc.integer({ min: 100, max: 60_000 }),
      maxPayloadBytes: count,
      key,
    },
    {
      requiredKeys: [
        'version',
        'serverId',
        'name',
        'privacy',
        'capacity',
        'circuits',
        'pingIntervalMs',
        'maxPayloadBytes',
      ],
    },
  ),
  accepted: fc.record({ jobId, position: count }),
  progress: fc.record({
    requestId: jobId,
    status: state,
    stage: fc.option(stage),
    progress: fc.double({ min: 0, max: 100, noNaN: true }).map((value) => value + 0),
    estimatedRemainingMs: fc.option(ms),
  }),
  result: fc.record({
    jobId,
    proof,
    publicSignals: signals,
    timings: fc.record({ artifacts: ms, witness: ms, proving: ms, verifying: ms }, { requiredKeys: [] }),
    prover: fc.constantFrom('engine', 'snarkjs'),
    threads: fc.integer({ min: 1, max: 64 }),
  }),
  failed: fc.record(
    { jobId, code, message: words, nextStep: words, where: words, retryable: fc.boolean() },
    { requiredKeys: ['jobId', 'code', 'message', 'retryable'] },
  ),
  refused: fc.record(
    { code, message: words, nextStep: words, where: words, versions: fc.array(count, { maxLength: 4 }) },
    { requiredKeys: ['code', 'message'] },
  ),
  subscribed: fc.record({ requestId: jobId, status: fc.oneof(state, fc.constant('unknown')) }),
  ping: fc.record({ capacity, key }, { requiredKeys: ['capacity'] }),
};

export const serverMessage = fc
  .constantFrom(...(Object.keys(data) as ServerMessage['type'][]))
  .chain((type) =>
    fc.record(
      { type: fc.constant(type), requestId: jobId, data: data[type] },
      { requiredKeys: ['type', 'data'], noNullPrototype: true },
    ),
  ) as fc.Arbitrary<ServerMessage>;

export const frame = fc
  .record({ jobId, offset: fc.nat(2 ** 32 - 1), chunk: fc.uint8Array({ minLength: 1, maxLength: 300 }) })
  .map((value) => ({ ...value, bytes: encodeFrame(value) }));
