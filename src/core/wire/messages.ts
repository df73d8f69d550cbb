// The messages between a client (a page, a hub) and a worker server, as schemas: the one place that says
// what travels. JSON text over a WebSocket; large payloads as binary frames (frames.ts).
//
// Client messages are flat: {type, …}. Server messages are {type, requestId?, data}, requestId being the
// jobId. A session:
//   hello → welcome (or refused, then closed) · submit → accepted · progress … · result | failed
//   subscribe → subscribed, then the job's state or its result: this is how a client resumes.
import * as v from 'valibot';
import { SIGNAL_CHARS, SignalNameSchema, walked } from './signals.ts';

/** Grows when an older program would misunderstand. Servers refuse versions they do not know. */
export const PROTOCOL_VERSION = 1;

/** The server pings this often unless its welcome says otherwise. Whoever hears nothing for twice this
 * long may take the other side for gone. */
export const PING_INTERVAL_MS = 10_000;

/** Why a server closed a session, beside what RFC 6455 has (1001: it is going away). */
export const CLOSE_CODES = {
  /** The last message before it, `refused`, says which rule was broken. */
  malformed: 4400,
  unauthorised: 4401,
  version: 4409,
  tooLarge: 4413,
  tooMany: 4429,
  /** It did not answer pings, or took its messages too slowly. */
  unresponsive: 4408,
} as const;

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const count = (most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(most));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const DAY_MS = 86_400_000;

/** Chosen by whoever submits; unique for them, not for others. The same id is the same job. */
export const JobIdSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,128}$/));
/** SHA-256 in lower-case hex. A circuit is named by its zkey's, which pins its set-up as well. */
export const DigestSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** A canonical decimal; its range is strict verification's business. */
const DecimalSchema = v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,77})$/));
export const PrioritySchema = v.picklist([0, 1, 2, 3]);
export const JobStateSchema = v.picklist(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export const StageSchema = v.picklist(['artifacts', 'witness', 'proving', 'verifying']);
export const PublicSignalsSchema = v.pipe(v.array(DecimalSchema), v.maxLength(10_000));

const G1Schema = v.strictTuple([DecimalSchema, DecimalSchema, DecimalSchema]);
const Fq2Schema = v.strictTuple([DecimalSchema, DecimalSchema]);
export const ProofSchema = v.object({
  pi_a: G1Schema,
  pi_b: v.strictTuple([Fq2Schema, Fq2Schema, Fq2Schema]),
  pi_c: G1Schema,
  protocol: v.literal('groth16'),
  curve: v.literal('bn128'),
});

export type WireSignalValue = string | WireSignalValue[];
const SignalSchema: v.GenericSchema<WireSignalValue> = v.union([
  v.pipe(v.string(), v.maxLength(SIGNAL_CHARS)),
  v.array(v.lazy(() => SignalSchema)),
]);
/** Named input signals; the values are checked by the witness calculation, which knows what fits. */
export const InputSchema = walked(v.record(SignalNameSchema, SignalSchema), {
  // Whoever parses the text has bounded it.
  deepest: Number.POSITIVE_INFINITY,
  numbers: false,
});

// ---- Client → server: strict, unknown fields are refused ----------------------------------------------

export const HelloSchema = v.strictObject({
  type: v.literal('hello'),
  version: count(),
  /** Needed beyond loopback, before anything else. Never in the URL, which logs keep. */
  token: v.optional(text(8192)),
  /** Another server connects, with its own clients' jobs: they are proved by this machine itself and go no further,
   * so that servers that are each other's workers send no job in circles. */
  server: v.optional(v.boolean()),
});

/** Largest payload that frames may carry; a server may take less and says so in its welcome. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;
const announced = v.optional(v.pipe(count(MAX_PAYLOAD_BYTES), v.minValue(1)));

/** Exactly one of the four payloads. `input` is the signals themselves; the others announce how many bytes
 * follow in binary frames: the signals as JSON (`inputBytes`), a .wtns file (`witnessBytes`), or the signals
 * sealed to the server's key (`sealedBytes`). */
export const SubmitSchema = v.pipe(
  v.strictObject({
    type: v.literal('submit'),
    jobId: JobIdSchema,
    circuit: DigestSchema,
    input: v.optional(InputSchema),
    inputBytes: announced,
    witnessBytes: announced,
    sealedBytes: announced,
    /** What the proof must show. A hub needs it to give the job to another server and hold it to it. */
    expectedPublicSignals: v.optional(PublicSignalsSchema),
    priority: v.optional(PrioritySchema, 1),
    /** The whole job's time, from when it is accepted; afterwards it fails with `resource.deadline`. */
    deadlineMs: v.optional(v.pipe(count(DAY_MS), v.minValue(1))),
  }),
  v.check(
    ({ input, inputBytes, witnessBytes, sealedBytes }) =>
      [input, inputBytes, witnessBytes, sealedBytes].filter((part) => part !== undefined).length === 1,
    'exactly one of input, inputBytes, witnessBytes, sealedBytes',
  ),
);

export const CancelSchema = v.strictObject({ type: v.literal('cancel'), jobId: JobIdSchema });
/** May come before the job, and on loopback before (or without) a hello. Whoever submits is subscribed. */
export const SubscribeSchema = v.strictObject({ type: v.literal('subscribe'), requestId: JobIdSchema });
export const UnsubscribeSchema = v.strictObject({ type: v.literal('unsubscribe'), requestId: JobIdSchema });
export const PongSchema = v.strictObject({ type: v.literal('pong') });

export const CLIENT_SCHEMAS = {
  hello: HelloSchema,
  submit: SubmitSchema,
  cancel: CancelSchema,
  subscribe: SubscribeSchema,
  unsubscribe: UnsubscribeSchema,
  pong: PongSchema,
} as const;

export type ClientMessage = {
  [T in keyof typeof CLIENT_SCHEMAS]: v.InferOutput<(typeof CLIENT_SCHEMAS)[T]>;
}[keyof typeof CLIENT_SCHEMAS];
/** As a client may write it: fields with defaults left out. */
export type ClientMessageInput = {
  [T in keyof typeof CLIENT_SCHEMAS]: v.InferInput<(typeof CLIENT_SCHEMAS)[T]>;
}[keyof typeof CLIENT_SCHEMAS];

// ---- Server → client: unknown fields are dropped, so that servers may say more ------------------------

/** Attempts at once, how many run, how many wait. */
export const CapacitySchema = v.object({ slots: count(), busy: count(), queued: count() });

export const OfferedCircuitSchema = v.object({
  id: text(64),
  /** What `submit` names it by. */
  digest: DigestSchema,
  constraints: count(),
  /** Median of its proofs on this server, waiting not counted; null until it has made one. */
  typicalMs: v.nullable(milliseconds),
});

const KeySchema = v.object({ id: text(128), publicKey: text(4096) });

export const WelcomeSchema = v.object({
  version: count(),
  /** Stays the same while the server's process lives: another one means that its jobs are gone. */
  serverId: text(128),
  /** For people. */
  name: text(200),
  /** What it does with inputs, in its operator's words. */
  privacy: text(2000),
  capacity: CapacitySchema,
  circuits: v.pipe(v.array(OfferedCircuitSchema), v.maxLength(1000)),
  pingIntervalMs: v.pipe(milliseconds, v.minValue(100)),
  /** Largest payload it takes in frames. */
  maxPayloadBytes: count(),
  /** Whom to seal inputs to; left out by servers that open none. */
  key: v.optional(KeySchema),
});

export const AcceptedSchema = v.object({
  jobId: JobIdSchema,
  /** Jobs that are ahead of it; 0 when it runs, is next, or has ended already. */
  position: count(),
});

export const ProgressSchema = v.object({
  requestId: JobIdSchema,
  status: JobStateSchema,
  /** Null while it waits. */
  stage: v.nullable(StageSchema),
  /** 0…100 over the whole job, from counted work; never goes back within an attempt. */
  progress: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  estimatedRemainingMs: v.nullable(milliseconds),
});

export const ResultSchema = v.object({
  jobId: JobIdSchema,
  proof: ProofSchema,
  publicSignals: PublicSignalsSchema,
  /** Milliseconds spent in each stage. */
  timings: v.object({
    artifacts: v.optional(milliseconds),
    witness: v.optional(milliseconds),
    proving: v.optional(milliseconds),
    verifying: v.optional(milliseconds),
  }),
  prover: text(64),
  threads: count(4096),
});

/** A stable `group.what`, see core/errors.ts. */
const ErrorCodeSchema = v.pipe(
  v.string(),
  v.maxLength(80),
  v.regex(
    /^(?:input|circuit|artifact|witness|resource|backend|network|protocol|cancelled|internal)\.[a-z0-9-]+$/,
  ),
);
const explanation = {
  code: ErrorCodeSchema,
  message: text(1000),
  nextStep: v.optional(text(1000)),
  where: v.optional(text(500)),
};

/** The job's end without a proof, `cancelled.…` included. `retryable`: the same job may succeed elsewhere or
 * later. */
export const FailedSchema = v.object({ jobId: JobIdSchema, ...explanation, retryable: v.boolean() });
/** A message that was not taken and is no job's: what was wrong with it. */
export const RefusedSchema = v.object({
  ...explanation,
  /** The versions this server speaks; with code `protocol.version`. */
  versions: v.optional(v.pipe(v.array(count()), v.maxLength(16))),
});
export const SubscribedSchema = v.object({
  requestId: JobIdSchema,
  /** `unknown`: never seen here, or forgotten; submit it (again), under the same id. */
  status: v.union([JobStateSchema, v.literal('unknown')]),
});
/** Answer with `pong`. Carries the server's load, so that estimates stay fresh, and the key of now: keys are rotated
 * while sessions last. */
export const PingSchema = v.object({ capacity: CapacitySchema, key: v.optional(KeySchema) });

export const SERVER_SCHEMAS = {
  welcome: WelcomeSchema,
  accepted: AcceptedSchema,
  progress: ProgressSchema,
  result: ResultSchema,
  failed: FailedSchema,
  refused: RefusedSchema,
  subscribed: SubscribedSchema,
  ping: PingSchema,
} as const;

export type ServerData = { [T in keyof typeof SERVER_SCHEMAS]: v.InferOutput<(typeof SERVER_SCHEMAS)[T]> };
export type ServerMessage = {
  [T in keyof ServerData]: { type: T; requestId?: string; data: ServerData[T] };
}[keyof ServerData];
