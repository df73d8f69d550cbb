// From what a page asks for to a job: which circuit, which input, what the proof must show. Refuses what cannot be
// proved with where and why, before anything is stored.
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput, SignalValue } from '../core/groth16.ts';
import { type JobRequest, PRIORITIES, Priority } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { type Ask, askInWords, boundsOf } from '../reputation/ask.ts';
import { claimFromAttestations } from '../reputation/attestation-claim.ts';
import { type ClaimBundle, readBundle } from '../reputation/bundle.ts';
import { type Campaign, campaignDigest } from '../reputation/campaign.ts';
import { buildClaimWithoutSecret, bundleScore, nullifierOf } from '../reputation/claim.ts';
import { DEMO_SEED, demoKeyPair } from '../reputation/demo.ts';
import { importIdentity } from '../reputation/identity.ts';
import { circuitFor } from './circuit-for.ts';
import type {
  AttestationsRequest,
  BundleRequest,
  CircuitRequest,
  InputValue,
  ProofRequest,
} from './types.ts';

export interface Prepared {
  job: Pick<JobRequest, 'label' | 'circuit' | 'input' | 'secrets' | 'expectedPublicSignals' | 'context'>;
  /** In words. */
  shows: string;
  /** Set for claims of a campaign: its scope may belong to one campaign file only. */
  campaign?: Campaign;
  /** To be kept in memory under its id, for the job's secret. */
  identity?: { id: string; secretScalar: bigint };
}

/** The contexts that this client writes and reads; others' jobs have their own. */
export interface ClientContext {
  kind: 'client';
  claim?: Record<string, unknown>;
}

/** Throws `input.…` or `circuit.…`. `circuits` are those that can be used now. */
export async function prepare(
  request: ProofRequest,
  circuits: readonly CircuitEntry[],
  nowMs: number,
): Promise<Prepared> {
  if (typeof request !== 'object' || request === null) throw unclear();
  checkOptions(request);
  if ('attestations' in request && request.attestations !== undefined)
    return fromAttestations(request, circuits, nowMs);
  if ('bundle' in request && request.bundle !== undefined) return fromBundle(request, circuits);
  if ('circuit' in request && request.circuit !== undefined) return fromCircuit(request, circuits);
  throw unclear();
}

async function fromAttestations(
  request: AttestationsRequest,
  circuits: readonly CircuitEntry[],
  nowMs: number,
): Promise<Prepared> {
  const { attestations, proofType } = request;
  if (!Array.isArray(attestations) || attestations.length === 0) {
    throw wrong('attestations', 'must be a list with at least one attestation');
  }
  if (proofType !== undefined && !['exact', 'threshold', 'band', 'membership'].includes(proofType)) {
    throw wrong('proofType', 'must be exact, threshold, band or membership');
  }
  for (const name of ['threshold', 'lower', 'upper', 'baseRate'] as const) {
    const value: unknown = request[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw wrong(name, 'must be a number from 0 to 1');
    }
  }
  const label = request.label ?? 'Reputation';
  const made = await claimFromAttestations(request, circuits, nowMs, { name: 'Own claim', issuer: 'page' });
  return {
    job: {
      label,
      circuit: made.circuit,
      input: made.input,
      // Fresh and forgotten: it lasts as long as the input does.
      secrets: [],
      expectedPublicSignals: made.publicSignals,
      context: contextOf(made.context),
    },
    shows: showsWords(made.ask),
  };
}

function fromBundle(request: BundleRequest, circuits: readonly CircuitEntry[]): Prepared {
  const text = typeof request.bundle === 'string' ? request.bundle : JSON.stringify(request.bundle);
  const bundle = readBundle(text);
  const { campaign } = bundle;
  const who = claimantOf(bundle, request.identity);
  const askIndex = request.askIndex ?? firstMet(bundle);
  const claim = buildClaimWithoutSecret({
    bundle,
    commitment: who.commitment,
    nullifier: nullifierOf(BigInt(campaign.scope), who.secretScalar),
    askIndex,
    payload: request.message ?? '',
  });
  const circuit = circuitFor(claim.circuit, circuits);
  if (circuit === undefined) throw notThere(claim.circuit.id);
  const { lowerPpm, upperPpm } = claim.bounds;
  return {
    job: {
      label: request.label ?? campaign.name,
      circuit,
      input: claim.input,
      secrets: [{ signal: 'secret', identityId: who.id }],
      expectedPublicSignals: claim.publicSignals,
      context: contextOf({
        campaign: campaign.name,
        campaignSha256: campaignDigest(campaign),
        ...{ scope: campaign.scope, challenge: claim.challenge, message: claim.payload, lowerPpm, upperPpm },
      }),
    },
    shows: showsWords(campaign.asks[askIndex] as Ask),
    campaign,
    ...(who.demo ? {} : { identity: { id: who.id, secretScalar: who.secretScalar } }),
  };
}

const showsWords = (ask: Ask): string =>
  ask.type === 'threshold' || ask.type === 'band'
    ? `a score ${ask.type === 'band' ? '' : 'of '}${askInWords(ask)}`
    : askInWords(ask);

/** Only a demo's bundle brings its identity along. */
function claimantOf(bundle: ClaimBundle, exported: string | undefined) {
  if (exported !== undefined) {
    const { commitment, secretScalar } = importIdentity(exported);
    return { id: identityId(commitment), commitment, secretScalar, demo: false };
  }
  if (!bundle.campaign.demo) {
    throw new GnomonError('input.identity-missing', 'This bundle needs the identity that it was made for.', {
      where: 'identity',
      nextStep: 'Give its export string, as it was shown when the identity was backed up.',
    });
  }
  const { commitment, secretScalar } = demoKeyPair(bundle.subject);
  return { id: `demo:${DEMO_SEED}:${bundle.subject}`, commitment, secretScalar, demo: true };
}

export const identityId = (commitment: bigint): string => `memory:${commitment}`;

function firstMet(bundle: ClaimBundle): number {
  const { scorePpm } = bundleScore(bundle);
  const met = bundle.campaign.asks.findIndex((ask) => {
    const { lowerPpm, upperPpm } = boundsOf(ask, scorePpm);
    return scorePpm >= lowerPpm && scorePpm <= upperPpm;
  });
  if (met >= 0) return met;
  throw new GnomonError('input.claim-not-met', 'The score meets nothing that this campaign asks for.', {
    nextStep: 'Ask for newer attestations.',
  });
}

function fromCircuit(request: CircuitRequest, circuits: readonly CircuitEntry[]): Prepared {
  const circuit = circuits.find(({ id }) => id === request.circuit);
  if (circuit === undefined) throw notThere(String(request.circuit).slice(0, 64));
  if (typeof request.input !== 'object' || request.input === null || Array.isArray(request.input)) {
    throw wrong('input', 'must be an object of named signals');
  }
  const input: CircuitInput = {};
  for (const [name, value] of Object.entries(request.input)) input[name] = signalValue(value, name);
  return {
    job: {
      label: request.label ?? circuit.id,
      circuit,
      input,
      secrets: [],
      expectedPublicSignals: null,
      context: contextOf(undefined),
    },
    shows: `the public signals of ${circuit.id}`,
  };
}

/** As text: what is kept and sent is JSON. */
function signalValue(value: InputValue, name: string): SignalValue {
  if (Array.isArray(value)) return value.map((one: InputValue) => signalValue(one, name));
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint' || typeof value === 'string') return String(value);
  if (Number.isSafeInteger(value)) return String(value);
  throw wrong(`input.${name.slice(0, 64)}`, 'must be whole numbers, as text where they are large');
}

function contextOf(claim: Record<string, unknown> | undefined): Record<string, unknown> {
  const context: ClientContext = { kind: 'client', ...(claim === undefined ? {} : { claim }) };
  return { ...context };
}

function checkOptions({ id, priority = Priority.NORMAL, privacy = 'local-only' }: ProofRequest): void {
  if (id !== undefined && !/^[A-Za-z0-9._:-]{1,128}$/.test(id)) {
    throw wrong('id', 'must be 1 to 128 letters, digits or . _ : -');
  }
  if (!PRIORITIES.includes(priority)) throw wrong('priority', 'must be 0, 1, 2 or 3 (ProofPriority)');
  if (privacy !== 'local-only' && privacy !== 'may-offload') {
    throw wrong('privacy', 'must be local-only or may-offload');
  }
}

function wrong(where: string, reason: string): GnomonError {
  return new GnomonError('input.request', `"${where}" ${reason}.`, {
    where,
    nextStep: 'Correct it and try again.',
  });
}

function unclear(): GnomonError {
  return new GnomonError('input.request', 'There is nothing to prove yet.', {
    where: 'request',
    nextStep: 'Give attestations, a claim bundle, or a circuit and its input.',
  });
}

function notThere(id: string): GnomonError {
  return new GnomonError('circuit.not-found', 'The circuit for this proof is not in the list of circuits.', {
    where: id,
    nextStep:
      'Check the circuit’s id and the address of the list; a server may still be making its larger circuits.',
  });
}
