// From imported attestations to a snapshot with everyone in it, and from that to campaign files and bundles:
// what a campaign does, in a page's worker or on a server.
import { GnomonError } from '../core/errors.ts';
import type { Ask } from './ask.ts';
import type { ClaimBundle } from './bundle.ts';
import { type Campaign, checkCampaign, scopeOf, type WeightRule } from './campaign.ts';
import { NEVER, PPM } from './constants.ts';
import { demoCommitments } from './demo.ts';
import { currentAttestations, evidenceBySubject, type SubjectEvidence } from './evidence.ts';
import { normaliseId } from './ids.ts';
import type { Attestation } from './rows.ts';
import { SAMPLE_NAMES } from './sample-names.ts';
import { scoreOf } from './score.ts';
import { countBySize, sharingOfAsk, smallestCapacity } from './sharing.ts';
import { buildSnapshot, type Snapshot, snapshotProof } from './snapshot.ts';
import { flowTrust } from './weights.ts';
import type { Work } from './work.ts';

export interface NetworkOptions {
  /** Unix seconds. */
  asOf: number;
  baseRatePpm: number;
  weights: WeightRule;
  /** `demo` derives everyone's identity from the published seed. */
  commitments: 'demo' | ReadonlyMap<string, bigint>;
}

export interface Person extends SubjectEvidence {
  commitment: bigint;
  scorePpm: number;
}

/** Plain data: can be posted between workers and kept in IndexedDB. */
export interface Network {
  asOf: number;
  baseRatePpm: number;
  weights: WeightRule;
  demo: boolean;
  snapshot: Snapshot;
  people: Map<string, Person>;
  dropped: { self: number; future: number; superseded: number };
  leftOut: {
    /** Have evidence, but no commitment. */
    withoutCommitment: string[];
    /** Have a commitment, but nobody attested anything about them. */
    withoutEvidence: string[];
    /** Have more records than the largest circuit takes. */
    tooMany: { subject: string; records: number }[];
  };
  flow?: { rounds: number; settled: boolean };
}

/** Builds everyone's records, scores and the snapshot. Real networks refuse demo commitments. */
export async function buildNetwork(
  attestations: readonly Attestation[],
  options: NetworkOptions,
  work: Work = {},
): Promise<Network> {
  const { asOf, baseRatePpm, weights, commitments } = options;
  refuseOutside('asOf', asOf, NEVER);
  refuseOutside('baseRatePpm', baseRatePpm, PPM);
  const current = currentAttestations(attestations, asOf);
  const flow =
    weights.kind === 'flow'
      ? await flowTrust(current.attestations, weights.seeds.map(normaliseId), asOf, work)
      : undefined;
  const evidence = evidenceBySubject(current.attestations, flow?.trust);
  const subjects = evidence.subjects.map(({ subject }) => subject);
  const commitmentOf =
    commitments === 'demo'
      ? await demoCommitments(subjects, work)
      : await realOnly(commitments, attestations, work);
  const people = new Map<string, Person>();
  const withoutCommitment: string[] = [];
  for (const subject of evidence.subjects) {
    const commitment = commitmentOf.get(subject.subject);
    if (commitment === undefined) {
      withoutCommitment.push(subject.subject);
      continue;
    }
    const { scorePpm } = scoreOf(subject.records, asOf, baseRatePpm);
    people.set(subject.subject, { ...subject, commitment, scorePpm });
  }
  const attested = new Set(subjects);
  for (const { subject } of evidence.refused) attested.add(subject);
  return {
    asOf,
    baseRatePpm,
    weights,
    demo: commitments === 'demo',
    snapshot: await buildSnapshot([...people.values()], asOf, work),
    people,
    dropped: current.dropped,
    leftOut: {
      withoutCommitment,
      withoutEvidence: [...commitmentOf.keys()].filter((subject) => !attested.has(subject)),
      tooMany: evidence.refused,
    },
    ...(flow === undefined ? {} : { flow: { rounds: flow.rounds, settled: flow.settled } }),
  };
}

function refuseOutside(where: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new GnomonError('input.terms', `${where} must be a whole number from 0 to ${max}.`, {
    nextStep: 'Correct it and build the snapshot again.',
    where,
  });
}

/** Refuses demo identities of everyone whose id a claimant may have had at hand, in the table or not. */
async function realOnly(
  commitments: ReadonlyMap<string, bigint>,
  attestations: readonly Attestation[],
  work: Work,
): Promise<ReadonlyMap<string, bigint>> {
  const known = new Set([...commitments.keys(), ...SAMPLE_NAMES]);
  for (const { source, target } of attestations) known.add(source).add(target);
  const demos = new Set((await demoCommitments([...known], work)).values());
  for (const [, commitment] of commitments) {
    if (demos.has(commitment)) {
      throw new GnomonError('input.demo-commitment', 'A commitment in the table is a demo identity’s.', {
        nextStep: 'Ask for one from a real identity, or mark the campaign as a demo.',
      });
    }
  }
  return commitments;
}

export interface Terms {
  name: string;
  issuer: string;
  campaignId: string;
  /** 64 hex digits from the verifier. */
  challenge: string;
  asks: Ask[];
  /** Accepted sizes with the digests of their verification keys, from the manifest. */
  circuits: { id: string; capacity: number; vkeySha256: string }[];
}

/** The campaign file of a network; quick, so other terms can be tried on the same snapshot. */
export function makeCampaign(network: Network, terms: Terms): Campaign {
  const people = [...network.people.values()].map(sizeOf);
  const circuits = [...terms.circuits].sort((a, b) => a.capacity - b.capacity);
  const capacities = circuits.map(({ capacity }) => capacity);
  const bySize = countBySize(people, capacities);
  return checkCampaign({
    format: 'gnomon/campaign',
    version: 1,
    name: terms.name,
    issuer: terms.issuer,
    campaignId: terms.campaignId,
    demo: network.demo,
    scope: `${scopeOf(terms.issuer, terms.campaignId)}`,
    root: `${network.snapshot.root}`,
    asOf: network.asOf,
    baseRatePpm: network.baseRatePpm,
    weights: network.weights,
    challenge: terms.challenge,
    asks: terms.asks,
    circuits: circuits.map(({ id, capacity, vkeySha256 }, at) => ({
      id,
      capacity,
      vkeySha256,
      subjects: bySize.subjects[at],
      sharing: terms.asks.map((ask) => sharingOfAsk(ask, people, capacities, capacity)),
    })),
  });
}

/** What one subject needs to claim. */
export function makeBundle(network: Network, campaign: Campaign, subject: string): ClaimBundle {
  return bundleMaker(network, campaign)(subject);
}

/** The same for many subjects: everyone is counted once, not once per bundle. */
export function bundleMaker(network: Network, campaign: Campaign): (subject: string) => ClaimBundle {
  const capacities = campaign.circuits.map(({ capacity }) => capacity);
  const sharing = new Map<string, number>();
  for (const { records, scorePpm } of network.people.values()) {
    const key = `${smallestCapacity(records.length, capacities)} ${scorePpm}`;
    sharing.set(key, (sharing.get(key) ?? 0) + 1);
  }
  return (subject) => {
    const person = network.people.get(normaliseId(subject));
    const proof = person && snapshotProof(network.snapshot, person.commitment);
    if (person === undefined || proof === undefined) {
      throw new GnomonError('input.unknown-subject', 'This subject is not in the snapshot.', {
        nextStep: 'Check the spelling, and that the subject has registered and has attestations.',
      });
    }
    return {
      subject: person.subject,
      commitment: person.commitment,
      records: person.records,
      ...(person.sources === undefined ? {} : { sources: person.sources }),
      proof,
      sameScore: capacities.map((capacity) => sharing.get(`${capacity} ${person.scorePpm}`) ?? 0),
      campaign,
    };
  };
}

function sizeOf({ records, scorePpm }: Person): { count: number; scorePpm: number } {
  return { count: records.length, scorePpm };
}
