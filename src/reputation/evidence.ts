// From attestations to each subject's records, exactly, so that the same input gives the same root
// everywhere: which statements count, what becomes of ties, and how very many records are merged.
import { EVIDENCE_MAX, RECORDS_MAX, WEIGHT_ONE } from './constants.ts';
import { ascending, packRecord, unpackRecord } from './record.ts';
import type { Attestation } from './rows.ts';

export interface Current {
  /** The newest attestation per (source, target, type). */
  attestations: Attestation[];
  /** How many were left out, and why. */
  dropped: { self: number; future: number; superseded: number };
}

/** Drops attestations about oneself and from after `asOf` (Unix seconds), then keeps the newest per (source,
 * target, type); of two from the same moment, the later row. Expired ones stay: they are part of the leaf. */
export function currentAttestations(attestations: readonly Attestation[], asOf: number): Current {
  const dropped = { self: 0, future: 0, superseded: 0 };
  const newest = new Map<string, Attestation>();
  for (const attestation of attestations) {
    if (attestation.source === attestation.target) {
      dropped.self++;
      continue;
    }
    if (Math.floor(attestation.createdAtMs / 1000) > asOf) {
      dropped.future++;
      continue;
    }
    // Ids hold no control characters, so a line break separates them without doubt.
    const key = `${attestation.source}\n${attestation.target}\n${attestation.type}`;
    const earlier = newest.get(key);
    if (earlier !== undefined) dropped.superseded++;
    if (earlier === undefined || attestation.createdAtMs >= earlier.createdAtMs) newest.set(key, attestation);
  }
  return { attestations: [...newest.values()], dropped };
}

export interface SubjectEvidence {
  subject: string;
  /** Packed records, ascending. */
  records: bigint[];
  /** Who each record comes from, in the same order; absent when records were merged. */
  sources?: string[];
}

export interface EvidenceBySubject {
  subjects: SubjectEvidence[];
  /** Subjects with more records than the largest circuit takes, even after merging. */
  refused: { subject: string; records: number }[];
}

/** Groups by subject. `trust` (0…65535 by issuer, see weights.ts) scales each weight; without it all count. */
export function evidenceBySubject(
  current: readonly Attestation[],
  trust?: ReadonlyMap<string, number>,
): EvidenceBySubject {
  const bySubject = new Map<string, { record: bigint; source: string }[]>();
  for (const attestation of current) {
    const { source, target } = attestation;
    const weight = trust === undefined ? attestation.weight : trustedWeight(attestation, trust);
    const entry = { record: packRecord({ ...attestation, weight }), source };
    const entries = bySubject.get(target);
    if (entries === undefined) bySubject.set(target, [entry]);
    else entries.push(entry);
  }
  const result: EvidenceBySubject = { subjects: [], refused: [] };
  for (const [subject, entries] of bySubject) {
    entries.sort((a, b) => ascending(a.record, b.record) || (a.source < b.source ? -1 : 1));
    const records = entries.map((entry) => entry.record);
    if (records.length <= RECORDS_MAX) {
      result.subjects.push({ subject, records, sources: entries.map((entry) => entry.source) });
      continue;
    }
    const merged = mergeRecords(records);
    if (merged.length <= RECORDS_MAX) result.subjects.push({ subject, records: merged });
    else result.refused.push({ subject, records: merged.length });
  }
  return result;
}

/** ⌊weight·trust/65535⌋; the product is below 2³², so exact. Unknown issuers weigh nothing. */
export function trustedWeight(attestation: Attestation, trust: ReadonlyMap<string, number>): number {
  return Math.floor((attestation.weight * (trust.get(attestation.source) ?? 0)) / WEIGHT_ONE);
}

/** Adds up records of equal weight and expiry; a sum past 32 bits is spread over as few as hold it. */
export function mergeRecords(records: readonly bigint[]): bigint[] {
  const sums = new Map<string, { weight: number; expiresAt: number; positive: number; negative: number }>();
  for (const record of records) {
    const fields = unpackRecord(record);
    const key = `${fields.weight} ${fields.expiresAt}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, fields);
    } else {
      // Sums of 2²⁰ values below 2³² stay exact.
      sum.positive += fields.positive;
      sum.negative += fields.negative;
    }
  }
  const merged: bigint[] = [];
  for (let { weight, expiresAt, positive, negative } of sums.values()) {
    do {
      const part = { positive: Math.min(positive, EVIDENCE_MAX), negative: Math.min(negative, EVIDENCE_MAX) };
      merged.push(packRecord({ weight, expiresAt, ...part }));
      positive -= part.positive;
      negative -= part.negative;
    } while (positive > 0 || negative > 0);
  }
  return merged.sort(ascending);
}
