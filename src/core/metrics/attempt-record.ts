// What is kept of one attempt for figures and predictions: sizes, times, where, how it ended. Never an input, an
// identity, a proof or a job's own words: a record may be exported and shown to anyone.
import * as v from 'valibot';
import { RUNGS, STAGES } from '../job.ts';

/** `stalled`: its owner died or went silent. `released`: given back in good order, and run again. */
export const OUTCOMES = ['succeeded', 'failed', 'cancelled', 'stalled', 'released'] as const;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Ms = v.pipe(v.number(), v.finite(), v.minValue(0));
const Name = v.pipe(v.string(), v.maxLength(200));

export const AttemptRecordSchema = v.object({
  /** By the wall clock, milliseconds since 1970. */
  endedAtMs: Ms,
  circuitId: Name,
  zkeySha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  constraints: Count,
  /** Size of the evaluation domain. */
  domain: Count,
  zkeyBytes: Count,
  /** How many values the input has; of the values themselves nothing is kept. Null where it is gone, or kept
   * apart from the job, as on a server. */
  inputValues: v.nullable(Count),
  backendId: Name,
  /** `local`: this tab's workers; `thread`: this server's children; `remote`: another machine. */
  kind: v.picklist(['local', 'thread', 'remote']),
  /** The backend's name for people. */
  label: Name,
  rung: v.picklist(RUNGS),
  /** Which kernels computed it; null: not the engine, or not told. */
  tier: v.nullable(v.pipe(v.string(), v.maxLength(40))),
  threads: v.nullable(Count),
  /** 1, 2, 3 … over the job's whole life. */
  number: Count,
  /** From joining the queue, or from the end of the back-off, to the start. */
  queueMs: Ms,
  stagesMs: v.partial(v.object(v.entriesFromList(STAGES, Ms))),
  /** From the start of the attempt to its end. */
  totalMs: Ms,
  /** Witness and proof, by this machine's clock: what the prediction is about. Null where it did not get so far. */
  proveMs: v.nullable(Ms),
  /** The most that the proving process held; of a `local` attempt what the page held just after, which may be less than
   * while it proved. Null where the platform does not tell. */
  peakMemoryBytes: v.nullable(Count),
  /** Of `proveMs`, as predicted when the attempt began. Null: nothing was known. */
  predictedMs: v.nullable(Ms),
  predictedLowMs: v.nullable(Ms),
  predictedHighMs: v.nullable(Ms),
  outcome: v.picklist(OUTCOMES),
  errorCode: v.nullable(v.pipe(v.string(), v.maxLength(100))),
  /** Whether all files were on the device already; null where that is not known, as on another machine. */
  fromCache: v.nullable(v.boolean()),
});

export type AttemptRecord = v.InferOutput<typeof AttemptRecordSchema>;
export type AttemptOutcomeName = AttemptRecord['outcome'];

/** Where the scheduler leaves a record of each attempt. Must not throw, and is not waited for. */
export interface MetricsSink {
  record(record: AttemptRecord): void;
}
