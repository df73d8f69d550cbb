// The list of circuits with the digest, size and set-up of each artifact.
import * as v from 'valibot';

const Digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest is 64 lower-case hex digits'));

export const ArtifactSchema = v.object({
  /** Relative to the manifest's own URL, or absolute. */
  url: v.string(),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  sha256: Digest,
});

export const CircuitEntrySchema = v.object({
  /** e.g. `reputation-64`. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  /** How many attestations fit; null for circuits that are not about reputation. */
  capacity: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  constraints: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Size of the evaluation domain, a power of two. */
  domain: v.pipe(v.number(), v.integer(), v.minValue(1)),
  publicSignals: v.array(v.string()),
  setup: v.picklist(['development', 'ceremony', 'unknown']),
  artifacts: v.object({ wasm: ArtifactSchema, zkey: ArtifactSchema, vkey: ArtifactSchema }),
  /** The input signals, for forms; a calculator itself keeps only hashes of their names. */
  inputs: v.optional(
    v.pipe(
      v.array(
        v.object({
          name: v.pipe(v.string(), v.regex(/^[A-Za-z_$][\w$]{0,127}$/, 'an input has a name')),
          /** How many values it takes; a single one when left out. */
          length: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
        }),
      ),
      v.maxLength(1000),
    ),
  ),
  /** Hashes of a ceremony's transcript. */
  ceremony: v.optional(v.record(v.string(), v.string())),
});

export const ManifestSchema = v.object({ version: v.literal(1), circuits: v.array(CircuitEntrySchema) });

export type Artifact = v.InferOutput<typeof ArtifactSchema>;
export type CircuitEntry = v.InferOutput<typeof CircuitEntrySchema>;
export type Manifest = v.InferOutput<typeof ManifestSchema>;
