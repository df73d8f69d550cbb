// What REST takes and gives, as schemas: requests are held against them, and /openapi.json is made from them.
import * as v from 'valibot';
import {
  JobIdSchema,
  JobStateSchema,
  PrioritySchema,
  ProofSchema,
  PublicSignalsSchema,
  StageSchema,
} from '../../src/core/wire/messages.ts';
import { SIGNAL_CHARS, SignalNameSchema, walked } from '../../src/core/wire/signals.ts';

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.nullable(v.pipe(v.number(), v.minValue(0)));
const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));

/** As `circom` inputs are written: decimals, numbers, and up to four levels of lists of them. */
const Value = v.union([v.pipe(v.string(), v.maxLength(SIGNAL_CHARS)), v.pipe(v.number(), v.safeInteger())]);
const List1 = v.array(v.union([Value, v.array(Value)]));
const List2 = v.array(v.union([Value, List1]));
const SignalSchema = v.union([Value, v.array(v.union([Value, List2]))]);
const InputSchema = walked(v.record(SignalNameSchema, SignalSchema), { deepest: 4, numbers: true });

export const CIRCUIT_TYPES = ['default', 'optimized'] as const;

export const GenerateSchema = v.strictObject({
  attestations: v.optional(v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(100_000))),
  /** Whom it is about; the one with the most attestations when left out. */
  subject: v.optional(text(256)),
  /** A circuit of the manifest by its id or its zkey's digest; with `input`. */
  circuit: v.optional(text(64)),
  input: v.optional(InputSchema),
  proofType: v.optional(v.picklist(['exact', 'threshold', 'band', 'membership'])),
  threshold: v.optional(share),
  lower: v.optional(share),
  upper: v.optional(share),
  scope: v.optional(text(256)),
  message: v.optional(text(256)),
  /** Unix seconds; now when left out. */
  asOf: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 40 - 1))),
  baseRate: v.optional(share),
  /** An id of the manifest, or the right size with snarkjs (`default`) or the engine (`optimized`). */
  circuitType: v.optional(text(64)),
  priority: v.optional(
    v.union([
      PrioritySchema,
      v.picklist(['LOW', 'NORMAL', 'HIGH', 'CRITICAL', 'low', 'normal', 'high', 'critical']),
    ]),
  ),
  requestId: v.optional(JobIdSchema),
  userId: v.optional(text(256)),
  maxRetries: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10))),
  timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400_000))),
});
export type GenerateRequest = v.InferOutput<typeof GenerateSchema>;

export const ErrorSchema = v.object({
  success: v.literal(false),
  error: v.object({
    group: v.string(),
    code: v.string(),
    message: v.string(),
    nextStep: v.string(),
    where: v.optional(v.string()),
    retryable: v.boolean(),
  }),
  requestId: v.optional(v.string()),
});

const RejectedRow = v.object({ row: count, field: v.optional(v.string()), reason: v.string() });

export const ProofAnswerSchema = v.object({
  proof: ProofSchema,
  publicSignals: PublicSignalsSchema,
  circuit: v.string(),
  /** 0…1; null for a circuit that has none. */
  score: v.nullable(v.number()),
  nullifier: v.nullable(v.string()),
  root: v.nullable(v.string()),
  /** Always true: a proof that does not verify is not given out. */
  verified: v.literal(true),
  /** Milliseconds of each stage. */
  timings: v.record(v.string(), v.number()),
  prover: v.string(),
  threads: count,
  requestId: v.string(),
  subject: v.optional(v.string()),
  /** What a verifier compares the public signals with. */
  claim: v.optional(
    v.object({
      asOf: count,
      baseRatePpm: count,
      lowerPpm: count,
      upperPpm: count,
      scope: v.string(),
      message: v.string(),
      challenge: v.string(),
    }),
  ),
  /** Attestations that could not be used; the others were. */
  rejected: v.optional(v.array(RejectedRow)),
});
export type ProofAnswer = v.InferOutput<typeof ProofAnswerSchema>;

export const GenerateAnswerSchema = v.object({ success: v.literal(true), result: ProofAnswerSchema });
export const AcceptedAnswerSchema = v.object({
  success: v.literal(true),
  requestId: v.string(),
  status: JobStateSchema,
  position: count,
});

export const StatusSchema = v.object({
  requestId: v.string(),
  circuit: v.string(),
  status: JobStateSchema,
  priority: PrioritySchema,
  position: count,
  stage: v.nullable(StageSchema),
  progress: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  estimatedRemainingMs: milliseconds,
  attempts: count,
  createdAtMs: v.number(),
  startedAtMs: v.nullable(v.number()),
  endedAtMs: v.nullable(v.number()),
  result: v.optional(ProofAnswerSchema),
  error: v.optional(ErrorSchema.entries.error),
});

export const QueueStatsSchema = v.object({
  totalQueued: count,
  totalProcessing: count,
  totalCompleted: count,
  totalFailed: count,
  totalCancelled: count,
  /** How long the job that has waited longest has waited. */
  oldestWaitMs: v.number(),
  capacity: v.object({ slots: count, busy: count, queued: count }),
});

export const QueueListSchema = v.object({ jobs: v.array(StatusSchema), total: count });

export const SnapshotSchema = v.object({
  active: count,
  queued: count,
  completed: count,
  failed: count,
  cancelled: count,
  /** Completed of completed and failed; null before the first. */
  successRate: v.nullable(share),
  averageMs: milliseconds,
  p50Ms: milliseconds,
  p95Ms: milliseconds,
  p99Ms: milliseconds,
  memory: v.object({
    serverBytes: count,
    childrenBytes: count,
    freeBytes: count,
    totalBytes: count,
  }),
  cpu: v.object({
    /** Cores that the server and its children use, averaged since the last snapshot. */
    coresUsed: v.number(),
    cores: count,
    loadAverage: v.array(v.number()),
  }),
  uptimeMs: v.number(),
});

export const HealthSchema = v.object({
  /** `alive` while the process answers; `ready` when it takes jobs. */
  status: v.picklist(['ok', 'starting', 'stopping']),
  alive: v.literal(true),
  ready: v.boolean(),
  version: v.string(),
  name: v.optional(v.string()),
  wsUrl: v.optional(v.nullable(v.string())),
  circuits: v.array(v.string()),
});
