// What the profiling routes answer, for /openapi.json.
import * as v from 'valibot';
import { StageSchema } from '../../src/core/wire/messages.ts';
import { ErrorSchema } from './schemas.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.minValue(0));

export const ProfileAcceptedSchema = v.object({
  success: v.literal(true),
  combinations: count,
  /** Warm-ups included. */
  proofs: count,
  expectedMs: milliseconds,
  skipped: v.array(v.object({ what: v.string(), why: v.string() })),
});

export const ProfileProgressSchema = v.variant('state', [
  v.object({ state: v.literal('idle') }),
  v.object({
    /** `waiting`: jobs go first. */
    state: v.picklist(['running', 'waiting']),
    waitingFor: v.nullable(v.string()),
    done: count,
    total: count,
    cell: v.nullable(v.string()),
    warmUp: v.boolean(),
    stage: v.nullable(StageSchema),
    fraction: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    elapsedMs: milliseconds,
    etaMs: milliseconds,
  }),
  v.object({
    state: v.picklist(['complete', 'cancelled']),
    done: count,
    total: count,
    durationMs: milliseconds,
  }),
  v.object({ state: v.literal('failed'), error: ErrorSchema.entries.error }),
]);
