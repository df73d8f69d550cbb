// From bundle and identity to the circuit's input: bounds, size, scope, message and nullifier. Everything is
// checked here first, so that the circuit can only be given what it accepts.
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import { type Ask, askInWords, type Bounds, boundsOf } from './ask.ts';
import { commitmentOf, SUBGROUP_ORDER } from './baby-jubjub.ts';
import { type ClaimBundle, refuseOtherIdentity } from './bundle.ts';
import { type Campaign, type CampaignCircuit, messageOf } from './campaign.ts';
import { DEPTH_MAX } from './constants.ts';
import { idProblem } from './ids.ts';
import { badFile } from './json.ts';
import { unpackRecord } from './record.ts';
import { type Score, scoreOf } from './score.ts';
import { smallestCapacity } from './sharing.ts';

/** Order of the circuit's public signals. */
export const PUBLIC_SIGNALS = [
  'root',
  'nullifier',
  'scope',
  'message',
  'asOf',
  'baseRate',
  'lower',
  'upper',
] as const;

export interface ClaimRequest {
  bundle: ClaimBundle;
  /** `identity.secretScalar` of the identity that the bundle was made for. */
  secretScalar: bigint;
  /** Which of `campaign.asks` this claim meets. */
  askIndex: number;
  /** What the claimant binds to the proof, e.g. a recipient's address; may be empty. */
  payload: string;
  /** A larger accepted size than the smallest that fits, to be one among more. */
  capacity?: number;
  /** 64 hex digits when the verifier gave their own; else the campaign's. */
  challenge?: string;
}

/** What a claim needs of an identity that is kept elsewhere; neither number is secret. */
export interface SecretlessClaimRequest extends Omit<ClaimRequest, 'secretScalar'> {
  commitment: bigint;
  /** Poseidon2(scope, secret) for the campaign's scope, from whoever holds the identity. */
  nullifier: bigint;
}

export interface Claim {
  circuit: CampaignCircuit;
  /** Secret: holds the identity's scalar and the records. */
  input: CircuitInput;
  /** What the proof's public signals must be, in order. */
  publicSignals: string[];
  nullifier: string;
  score: Score;
  bounds: Bounds;
  payload: string;
  challenge: string;
}

export function bundleScore({ records, campaign }: ClaimBundle): Score {
  return scoreOf(records, campaign.asOf, campaign.baseRatePpm);
}

/** The smallest accepted size that fits, or the one asked for if it is accepted and fits. */
export function chooseCircuit(campaign: Campaign, count: number, capacity?: number): CampaignCircuit {
  const capacities = campaign.circuits.map((circuit) => circuit.capacity);
  const smallest = smallestCapacity(count, capacities);
  const largest = capacities.at(-1);
  if (smallest === undefined) {
    throw new GnomonError(
      'input.too-many-attestations',
      `This subject has ${count} records; the campaign accepts at most ${largest}.`,
      { nextStep: 'Ask the campaign to accept a larger size.' },
    );
  }
  const chosen = capacity ?? smallest;
  const circuit = campaign.circuits.find((one) => one.capacity === chosen);
  if (circuit === undefined || chosen < count) {
    throw new GnomonError('input.size', `Size ${chosen} is not accepted for ${count} records.`, {
      nextStep: `Choose one of the accepted sizes from ${smallest} on.`,
    });
  }
  return circuit;
}

/** How many subjects could stand behind this claim by default, oneself included; see sharing.ts. */
export function claimSharing(bundle: ClaimBundle, askIndex: number, capacity: number): number {
  const { circuits } = bundle.campaign;
  const ask = askAt(bundle.campaign, askIndex);
  const at = circuits.findIndex((circuit) => circuit.capacity === capacity);
  const others = ask.type === 'exact' ? bundle.sameScore[at] : circuits[at]?.sharing[askIndex];
  if (others === undefined) throw badFile('claim', 'size', 'is not accepted by the campaign');
  // Whoever goes up a size joins those who are there by default.
  const smallest = smallestCapacity(
    bundle.records.length,
    circuits.map((circuit) => circuit.capacity),
  );
  return smallest === capacity ? Math.max(others, 1) : others + 1;
}

/** Builds the circuit's input; refuses another's identity, a score that the ask excludes, and a size that is
 * not accepted. No error says the score. */
export function buildClaim(request: ClaimRequest): Claim {
  const { bundle, secretScalar } = request;
  if (secretScalar <= 0n || secretScalar >= SUBGROUP_ORDER) {
    throw new GnomonError('input.identity', 'This identity’s secret is out of range.', {
      nextStep: 'Use an identity made by this app or by Semaphore v4.',
    });
  }
  const claim = buildClaimWithoutSecret({
    ...request,
    commitment: commitmentOf(secretScalar),
    nullifier: nullifierOf(BigInt(bundle.campaign.scope), secretScalar),
  });
  return { ...claim, input: { ...claim.input, secret: `${secretScalar}` } };
}

/** The same claim with the input's `secret` left out, for a job that gets it in memory when it starts. */
export function buildClaimWithoutSecret(request: SecretlessClaimRequest): Claim {
  const { bundle, payload } = request;
  const { campaign, records, proof } = bundle;
  refuseOtherIdentity(bundle, request.commitment);
  const payloadReason = payload === '' ? undefined : idProblem(payload);
  if (payloadReason !== undefined) throw badFile('claim', 'payload', payloadReason);
  const ask = askAt(campaign, request.askIndex);
  const circuit = chooseCircuit(campaign, records.length, request.capacity);
  const score = bundleScore(bundle);
  const bounds = boundsOf(ask, score.scorePpm);
  if (score.scorePpm < bounds.lowerPpm || score.scorePpm > bounds.upperPpm) {
    throw new GnomonError('input.claim-not-met', `Your score does not meet ${askInWords(ask)}.`, {
      nextStep: 'Choose another of the campaign’s claims, or ask for newer attestations.',
    });
  }
  const challenge = request.challenge ?? campaign.challenge;
  const nullifier = `${request.nullifier}`;
  const publicSignals = [
    campaign.root,
    nullifier,
    campaign.scope,
    `${messageOf(challenge, payload)}`,
    `${campaign.asOf}`,
    `${campaign.baseRatePpm}`,
    `${bounds.lowerPpm}`,
    `${bounds.upperPpm}`,
  ];
  const fields = records.map(unpackRecord);
  const column = (name: 'weight' | 'positive' | 'negative' | 'expiresAt') =>
    padded(
      fields.map((field) => `${field[name]}`),
      circuit.capacity,
    );
  return {
    circuit,
    input: {
      ...Object.fromEntries(PUBLIC_SIGNALS.map((name, at) => [name, publicSignals[at]!])),
      count: `${records.length}`,
      weight: column('weight'),
      positive: column('positive'),
      negative: column('negative'),
      expiresAt: column('expiresAt'),
      depth: `${proof.siblings.length}`,
      index: `${proof.index}`,
      siblings: padded(proof.siblings.map(String), DEPTH_MAX),
    },
    publicSignals,
    nullifier,
    score,
    bounds,
    payload,
    challenge,
  };
}

/** Poseidon2(scope, secret), as in Semaphore v4. */
export function nullifierOf(scope: bigint, secretScalar: bigint): bigint {
  return poseidon2([scope, secretScalar]);
}

function askAt(campaign: Campaign, askIndex: number): Ask {
  const ask = campaign.asks[askIndex];
  if (ask === undefined) throw badFile('claim', 'askIndex', 'is not one of the campaign’s');
  return ask;
}

function padded(values: string[], length: number): string[] {
  return [...values, ...new Array<string>(length - values.length).fill('0')];
}
