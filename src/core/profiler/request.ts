// What a profile may be asked for: one schema for the page, the command line and the REST routes.
import * as v from 'valibot';

export const PROVERS = ['engine', 'snarkjs'] as const;
export type Prover = (typeof PROVERS)[number];

/** Instead of a circuit's id: the right-sized reputation circuit, with snarkjs or with the engine. */
export const CIRCUIT_TYPES: Readonly<Record<string, readonly Prover[]>> = {
  default: ['snarkjs'],
  optimized: ['engine'],
};

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const some = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.minLength(1), v.maxLength(16));

export const ProfileRequestSchema = v.strictObject({
  /** Ids of the manifest, `default` or `optimized`. */
  circuitTypes: v.optional(some(v.pipe(v.string(), v.minLength(1), v.maxLength(64))), ['optimized']),
  /** Numbers of attestations. */
  networkSizes: v.optional(some(whole(1, 1024)), [16]),
  /** For circuits named by id; `default` and `optimized` bring their own. */
  provers: v.optional(some(v.picklist(PROVERS)), ['engine']),
  /** Of each proof; as many as the place has when left out. */
  threads: v.optional(some(whole(1, 64))),
  /** Proofs of each combination that count. */
  iterations: v.optional(whole(1, 500), 5),
  /** Proofs before each group of those, which do not count. */
  warmupIterations: v.optional(whole(0, 20), 1),
  includeMemory: v.optional(v.boolean(), true),
  includeCPU: v.optional(v.boolean(), true),
});

export type ProfileRequestInput = v.InferInput<typeof ProfileRequestSchema>;
export type ProfileRequest = v.InferOutput<typeof ProfileRequestSchema>;
