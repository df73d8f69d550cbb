// From attestations alone to a claim: a snapshot of that one subject, a fresh identity, a claim about its score. The
// identity is forgotten; its secret leaves this function only within the circuit's input. For REST and the library.
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { Ask } from './ask.ts';
import { readAttestationValues } from './attestation.ts';
import { buildClaim } from './claim.ts';
import { currentAttestations, evidenceBySubject } from './evidence.ts';
import { toHex } from './field.ts';
import { createIdentity } from './identity.ts';
import { normaliseId } from './ids.ts';
import { makeBundle, makeCampaign, type Network, type Person } from './network.ts';
import type { Attestation, RowError } from './rows.ts';
import { scoreOf } from './score.ts';
import { buildSnapshot } from './snapshot.ts';

/** Scores and bounds go from 0 to 1. */
export interface AttestationRequest {
  attestations?: readonly unknown[] | undefined;
  /** Whom it is about; the one with the most attestations when left out. */
  subject?: string | undefined;
  /** Left out: by the bounds that are given, else `exact`. */
  proofType?: Ask['type'] | undefined;
  threshold?: number | undefined;
  lower?: number | undefined;
  upper?: number | undefined;
  scope?: string | undefined;
  message?: string | undefined;
  /** Unix seconds; now when left out. */
  asOf?: number | undefined;
  baseRate?: number | undefined;
}

/** Whose claim it is on paper. */
export interface AttestationTerms {
  name: string;
  issuer: string;
}

export interface AttestationClaim {
  circuit: CircuitEntry;
  input: CircuitInput;
  publicSignals: string[];
  ask: Ask;
  /** For the answer. */
  context: Record<string, unknown>;
}

const PPM = 1_000_000;
const DEFAULT_BASE_RATE = 0.5;
const REJECTED_SHOWN = 20;

/** In the smallest of these circuits that fits. Throws `input.…` with where and why, or `circuit.not-found`. */
export async function claimFromAttestations(
  request: AttestationRequest,
  circuits: readonly CircuitEntry[],
  nowMs: number,
  terms: AttestationTerms,
): Promise<AttestationClaim> {
  const { rows, rejected, rejectedCount } = readAttestationValues(request.attestations ?? []);
  if (rows.length === 0) throw noneUsable(rejected);
  const subject = subjectOf(request, rows);
  const asOf = request.asOf ?? Math.floor(nowMs / 1000);
  const baseRatePpm = toPpm(request.baseRate ?? DEFAULT_BASE_RATE);
  const identity = createIdentity();
  const network = await networkOf(rows, subject, { asOf, baseRatePpm, commitment: identity.commitment });
  const sizes = circuits.filter(({ capacity }) => capacity !== null);
  if (sizes.length === 0) throw noCircuit();
  const ask = askOf(request);
  const campaign = makeCampaign(network, {
    ...terms,
    campaignId: request.scope ?? randomHex(16),
    challenge: randomHex(32),
    asks: [ask],
    circuits: sizes.map(({ id, capacity, artifacts }) => ({
      id,
      capacity: capacity ?? 0,
      vkeySha256: artifacts.vkey.sha256,
    })),
  });
  const payload = request.message ?? '';
  const bundle = makeBundle(network, campaign, subject);
  const claim = buildClaim({ bundle, secretScalar: identity.secretScalar, askIndex: 0, payload });
  const circuit = sizes.find(({ id }) => id === claim.circuit.id);
  if (circuit === undefined) throw noCircuit();
  const { lowerPpm, upperPpm } = claim.bounds;
  return {
    circuit,
    input: claim.input,
    publicSignals: claim.publicSignals,
    ask,
    context: {
      subject,
      score: claim.score.scorePpm / PPM,
      claim: {
        ...{ asOf, baseRatePpm, lowerPpm, upperPpm },
        ...{ scope: campaign.scope, message: payload, challenge: claim.challenge },
      },
      ...(rejectedCount === 0 ? {} : { rejected: rejected.slice(0, REJECTED_SHOWN).map(withoutLine) }),
    },
  };
}

/** The one asked for, else whom most attestations are about; the first of equals. */
function subjectOf({ subject }: AttestationRequest, rows: readonly Attestation[]): string {
  if (subject !== undefined) return normaliseId(subject);
  const counts = new Map<string, number>();
  for (const { target } of rows) counts.set(target, (counts.get(target) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

async function networkOf(
  rows: readonly Attestation[],
  subject: string,
  terms: { asOf: number; baseRatePpm: number; commitment: bigint },
): Promise<Network> {
  const { asOf, baseRatePpm, commitment } = terms;
  const about = rows.filter(({ target }) => target === subject);
  const current = currentAttestations(about, asOf);
  const evidence = evidenceBySubject(current.attestations);
  const found = evidence.subjects.find((one) => one.subject === subject);
  if (found === undefined) {
    const why = evidence.refused.length > 0 ? 'has too many attestations' : 'has no attestation that counts';
    throw new GnomonError('input.no-evidence', `The subject ${why} at that time.`, {
      where: 'attestations',
      nextStep: 'Leave out attestations about oneself, and give an asOf after the others were made.',
    });
  }
  const { scorePpm } = scoreOf(found.records, asOf, baseRatePpm);
  const person: Person = { ...found, commitment, scorePpm };
  return {
    ...{ asOf, baseRatePpm, demo: false, weights: { kind: 'uniform' } },
    snapshot: await buildSnapshot([person], asOf),
    people: new Map([[subject, person]]),
    dropped: current.dropped,
    leftOut: { withoutCommitment: [], withoutEvidence: [], tooMany: evidence.refused },
  };
}

function askOf({ proofType, threshold, lower, upper }: AttestationRequest): Ask {
  const type =
    proofType ??
    (threshold !== undefined ? 'threshold' : lower !== undefined || upper !== undefined ? 'band' : 'exact');
  if (type === 'threshold') {
    if (threshold === undefined) throw lacks('threshold');
    return { type, thresholdPpm: toPpm(threshold) };
  }
  if (type === 'band') {
    if (lower === undefined && upper === undefined) throw lacks('lower');
    const ask = { type, lowerPpm: toPpm(lower ?? 0), upperPpm: toPpm(upper ?? 1) };
    if (ask.lowerPpm <= ask.upperPpm) return ask;
    throw new GnomonError('protocol.shape', '"lower" is above "upper".', {
      where: 'lower',
      nextStep: 'Correct it and try again.',
    });
  }
  return { type };
}

const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));

const toPpm = (value: number): number => Math.round(PPM * value);

const withoutLine = ({ row, field, reason }: RowError) => ({
  row,
  ...(field === undefined ? {} : { field }),
  reason,
});

function noneUsable(rejected: readonly RowError[]): GnomonError {
  const first = rejected[0];
  const why = first === undefined ? '' : ` The first: ${first.field ?? 'it'} ${first.reason}.`;
  return new GnomonError('input.attestations', `None of the attestations can be used.${why}`, {
    where: `attestations[${(first?.row ?? 1) - 1}]${first?.field === undefined ? '' : `.${first.field}`}`,
    nextStep: 'Correct them and try again.',
  });
}

function lacks(field: string): GnomonError {
  return new GnomonError('protocol.shape', `"${field}" is missing: this type of proof needs it.`, {
    where: field,
    nextStep: 'Add it and try again.',
  });
}

function noCircuit(): GnomonError {
  return new GnomonError('circuit.not-found', 'There is no such reputation circuit here.', {
    nextStep: 'See the list of circuits; larger ones may still be in the making.',
  });
}
