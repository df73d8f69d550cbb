// The score of a subject's records at a moment: exact integers, equal to the circuit's to the last digit.
import { PPM, PRIOR_WEIGHT } from './constants.ts';
import type { Opinion } from './opinion.ts';
import { unpackRecord } from './record.ts';

export interface Score {
  /** ⌊(10⁶·R + baseRate·W) / (R + S + W)⌋, 0…10⁶. */
  scorePpm: number;
  /** R and S: weight × milli-observations, over records alive at asOf. */
  positive: bigint;
  negative: bigint;
  /** For drawing: the penumbra is as wide as `uncertainty`. */
  opinion: Opinion;
  /** Records alive at asOf. */
  alive: number;
}

/** `asOf` in Unix seconds; a record is alive while asOf < expiresAt. No evidence gives the base rate. */
export function scoreOf(records: readonly bigint[], asOf: number, baseRatePpm: number): Score {
  let positive = 0n;
  let negative = 0n;
  let alive = 0;
  for (const record of records) {
    const fields = unpackRecord(record);
    if (asOf >= fields.expiresAt) continue;
    alive++;
    // weight × evidence is below 2⁴⁸, exact as a number.
    positive += BigInt(fields.weight * fields.positive);
    negative += BigInt(fields.weight * fields.negative);
  }
  const total = positive + negative + PRIOR_WEIGHT;
  const scorePpm = Number((BigInt(PPM) * positive + BigInt(baseRatePpm) * PRIOR_WEIGHT) / total);
  const share = (part: bigint) => Number(part) / Number(total);
  return {
    scorePpm,
    positive,
    negative,
    opinion: { belief: share(positive), disbelief: share(negative), uncertainty: share(PRIOR_WEIGHT) },
    alive,
  };
}

export interface IssuerShare {
  source: string;
  /** Milli-observations × weight. */
  positive: bigint;
  negative: bigint;
  /** Its part of all evidence alive at asOf, 0…1. */
  share: number;
}

/** Issuers by how much their living evidence weighs, heaviest first; `sources` is parallel to `records`. */
export function issuersByWeight(
  records: readonly bigint[],
  sources: readonly string[],
  asOf: number,
): IssuerShare[] {
  const issuers = new Map<string, IssuerShare>();
  let total = 0n;
  records.forEach((record, at) => {
    const source = sources[at];
    const fields = unpackRecord(record);
    if (source === undefined || asOf >= fields.expiresAt) return;
    const issuer = issuers.get(source) ?? { source, positive: 0n, negative: 0n, share: 0 };
    issuer.positive += BigInt(fields.weight * fields.positive);
    issuer.negative += BigInt(fields.weight * fields.negative);
    total += BigInt(fields.weight * fields.positive) + BigInt(fields.weight * fields.negative);
    issuers.set(source, issuer);
  });
  for (const issuer of issuers.values()) {
    issuer.share = total === 0n ? 0 : Number(issuer.positive + issuer.negative) / Number(total);
  }
  return [...issuers.values()].sort((a, b) => b.share - a.share || (a.source < b.source ? -1 : 1));
}
