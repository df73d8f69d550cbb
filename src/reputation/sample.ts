// The sample: a made-up network of eighty people and a demo campaign over it, for those who have no data yet.
// Always the same, so that its root is too. Nobody in it exists.
import type { Ask } from './ask.ts';
import type { ClaimBundle } from './bundle.ts';
import type { Campaign } from './campaign.ts';
import { demoKeyPair } from './demo.ts';
import { buildNetwork, makeBundle, makeCampaign, type Network, type Terms } from './network.ts';
import { readRatings } from './ratings.ts';
import { SAMPLE_NAMES } from './sample-names.ts';
import type { Work } from './work.ts';

/** 2025-10-09; the sample's last rating is older. */
export const SAMPLE_AS_OF = 1_760_000_000;
export const SAMPLE_BASE_RATE_PPM = 500_000;
/** Well liked, with some evidence against. */
export const SAMPLE_SUBJECT = 'Marlow';

/** How the others see someone: how many rate them, and how often they are pleased, in percent. */
interface Standing {
  ratersMin: number;
  ratersMax: number;
  pleasedPercent: number;
}

const LIKED: Standing = { ratersMin: 8, ratersMax: 15, pleasedPercent: 95 };
const DISPUTED: Standing = { ratersMin: 6, ratersMax: 14, pleasedPercent: 55 };
const DISLIKED: Standing = { ratersMin: 5, ratersMax: 12, pleasedPercent: 12 };
const UNKNOWN: Standing = { ratersMin: 1, ratersMax: 3, pleasedPercent: 70 };
const SUBJECT: Standing = { ratersMin: 14, ratersMax: 14, pleasedPercent: 85 };
const FAMOUS: Standing = { ratersMin: 24, ratersMax: 40, pleasedPercent: 88 };
// In turn: of ten people four are liked, two disputed, one disliked, two hardly known.
const STANDINGS = [LIKED, UNKNOWN, LIKED, DISPUTED, LIKED, DISLIKED, UNKNOWN, LIKED, DISPUTED, FAMOUS];

/** The sample's ratings as CSV, about 21 kB: `source,target,rating,time`. */
export function sampleRatingsCsv(): string {
  const random = makeRandom(7);
  const people = SAMPLE_NAMES;
  const lines = ['source,target,rating,time'];
  people.forEach((target, at) => {
    const standing = target === SAMPLE_SUBJECT ? SUBJECT : STANDINGS[at % STANDINGS.length]!;
    const raters = standing.ratersMin + random(standing.ratersMax - standing.ratersMin + 1);
    const others = people.filter((name) => name !== target);
    for (let rated = 0; rated < raters; rated++) {
      const [source] = others.splice(random(others.length), 1);
      const pleased = random(100) < standing.pleasedPercent;
      const rating = pleased ? 2 + random(8) : -1 - random(9);
      const daysAgo = 1 + random(700);
      lines.push(`${source},${target},${rating},${SAMPLE_AS_OF - daysAgo * 86_400 - random(86_400)}`);
    }
  });
  return `${lines.join('\n')}\n`;
}

// Mulberry32 (Tommy Ettinger, public domain algorithm): small, and the same everywhere.
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export const SAMPLE_ASKS: Ask[] = [
  { type: 'threshold', thresholdPpm: 700_000 },
  { type: 'band', lowerPpm: 600_000, upperPpm: 900_000 },
  { type: 'exact' },
  { type: 'membership' },
];

/** Terms of the sample campaign; only the circuits' digests come from outside. */
export function sampleTerms(circuits: Terms['circuits']): Terms {
  return {
    name: 'Sample campaign (demo)',
    issuer: 'gnomon-sample',
    campaignId: 'sample-2025',
    // "gnomon sample" in ASCII, padded: a demo's challenge needs to be no secret.
    challenge: '676e6f6d6f6e2073616d706c65'.padEnd(64, '0'),
    asks: SAMPLE_ASKS,
    circuits,
  };
}

export interface Sample {
  network: Network;
  campaign: Campaign;
  bundle: ClaimBundle;
  /** The demo identity of the bundle's subject. */
  secretScalar: bigint;
}

/** The demo campaign and one subject's bundle. `circuits`: the accepted sizes, from the manifest. */
export async function sampleCampaign(
  circuits: Terms['circuits'],
  subject: string = SAMPLE_SUBJECT,
  work: Work = {},
): Promise<Sample> {
  const { rows } = await readRatings(sampleRatingsCsv(), work);
  const network = await buildNetwork(
    rows,
    {
      asOf: SAMPLE_AS_OF,
      baseRatePpm: SAMPLE_BASE_RATE_PPM,
      weights: { kind: 'uniform' },
      commitments: 'demo',
    },
    work,
  );
  const campaign = makeCampaign(network, sampleTerms(circuits));
  const bundle = makeBundle(network, campaign, subject);
  return { network, campaign, bundle, secretScalar: demoKeyPair(subject).secretScalar };
}
