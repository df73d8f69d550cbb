// A record is one attestation as the circuit sees it, in 120 bits; a subject's records fold into a digest
// and, with identity and count, into a leaf.
import { poseidon } from './poseidon.ts';

export interface RecordFields {
  /** 0…65535. */
  weight: number;
  /** Milli-observations. */
  positive: number;
  negative: number;
  /** Unix seconds. */
  expiresAt: number;
}

const POSITIVE_SHIFT = 16n;
const NEGATIVE_SHIFT = 48n;
const EXPIRES_SHIFT = 80n;
export const RECORD_BITS = 120n;
/** Records in one word, words in one Poseidon5. */
const RECORDS_PER_GROUP = 8;

/** weight + positive·2¹⁶ + negative·2⁴⁸ + expiresAt·2⁸⁰ */
export function packRecord({ weight, positive, negative, expiresAt }: RecordFields): bigint {
  return (
    BigInt(weight) |
    (BigInt(positive) << POSITIVE_SHIFT) |
    (BigInt(negative) << NEGATIVE_SHIFT) |
    (BigInt(expiresAt) << EXPIRES_SHIFT)
  );
}

export function unpackRecord(record: bigint): RecordFields {
  return {
    weight: Number(record & 0xffffn),
    positive: Number((record >> POSITIVE_SHIFT) & 0xffff_ffffn),
    negative: Number((record >> NEGATIVE_SHIFT) & 0xffff_ffffn),
    expiresAt: Number(record >> EXPIRES_SHIFT),
  };
}

/** Ascending, for sorting bigints. */
export function ascending(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** d ← Poseidon5(d, w₀…w₃) over groups of 8 records, d₀ = 0. The same for every circuit size. */
export function digestOf(records: readonly bigint[]): bigint {
  let digest = 0n;
  for (let start = 0; start < records.length; start += RECORDS_PER_GROUP) {
    const word = (pair: number) => {
      const low = records[start + 2 * pair] ?? 0n;
      return low | ((records[start + 2 * pair + 1] ?? 0n) << RECORD_BITS);
    };
    digest = poseidon([digest, word(0), word(1), word(2), word(3)]);
  }
  return digest;
}

/** leaf = Poseidon3(identityCommitment, digest, count) */
export function leafOf(commitment: bigint, records: readonly bigint[], digest = digestOf(records)): bigint {
  return poseidon([commitment, digest, BigInt(records.length)]);
}
