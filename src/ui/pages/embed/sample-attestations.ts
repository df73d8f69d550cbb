// Three made-up attestations about one subject.
import type { Attestation } from '../../../client/types.ts';

function about(
  source: string,
  belief: number,
  disbelief: number,
  weight: number,
  created_at: number,
): Attestation {
  const uncertainty = Math.round((1 - belief - disbelief) * 100) / 100;
  return {
    source,
    target: 'mira',
    opinion: { belief, disbelief, uncertainty, base_rate: 0.5 },
    attestation_type: 'trust',
    weight,
    created_at,
  };
}

export const SAMPLE_ATTESTATIONS: readonly Attestation[] = [
  about('anna', 0.8, 0.05, 1, 1_700_000_000_000),
  about('bert', 0.7, 0.1, 0.9, 1_700_000_100_000),
  about('chen', 0.65, 0.15, 0.6, 1_700_000_200_000),
];
