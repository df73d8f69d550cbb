// Whether a proof is what a campaign asks for: every public signal against the campaign file, nothing against
// the proof file. The pairing check and its strictness are the prover's verifier's; its result is passed in.
// Spending (scope, nullifier) comes after this and is the caller's, atomically.
import { type Ask, askInWords, meetsAsk } from './ask.ts';
import { type Campaign, campaignDigest, messageOf, scopeOf } from './campaign.ts';
import { PUBLIC_SIGNALS } from './claim.ts';
import type { ClaimFile } from './claim-file.ts';
import { isFieldDecimal } from './field.ts';

export type CheckName =
  | 'circuit'
  | 'verification key'
  | 'set-up'
  | 'proof'
  | 'signals'
  | 'root'
  | 'scope'
  | 'message'
  | 'date'
  | 'base rate'
  | 'bounds'
  | 'recency';

export interface Check {
  name: CheckName;
  ok: boolean;
  /** In words, for people. */
  detail: string;
}

/** What the caller found out with the verification key that it really used. */
export interface CryptographicResult {
  valid: boolean;
  /** SHA-256 of the vkey file. */
  vkeySha256: string;
  /** Recognised by vk_alpha_1, never by a label. */
  developmentKey: boolean;
}

export interface VerifyOptions {
  /** The verifier's own challenge (64 hex digits); else the campaign's. */
  challenge?: string;
  /** Which ask must be met; else any of the campaign's. */
  askIndex?: number;
  /** Refuses campaigns whose evidence ends before this (Unix seconds). */
  notBefore?: number;
}

export interface Verdict {
  /** All checks passed. The nullifier must still be unspent. */
  accepted: boolean;
  checks: Check[];
  /** A demo proves nothing about anyone. */
  demo: boolean;
  /** Which of the campaign's asks the bounds meet. */
  askIndex?: number;
  /** Whether the claimant says to have used this very campaign file: explains a mix-up, decides nothing. */
  sameCampaignFile: boolean;
  /** The key under which a claim is spent, once accepted. */
  scope: string;
  nullifier: string;
}

/** Every check is made and named, also after one has failed. */
export function checkClaim(
  campaign: Campaign,
  file: Pick<ClaimFile, 'circuit' | 'payload' | 'publicSignals' | 'campaignSha256'>,
  cryptographic: CryptographicResult,
  options: VerifyOptions = {},
): Verdict {
  const signals = file.publicSignals;
  const signal = (name: (typeof PUBLIC_SIGNALS)[number]) => signals[PUBLIC_SIGNALS.indexOf(name)];
  const checks: Check[] = [];
  const check = (name: CheckName, ok: boolean, yes: string, no: string) => {
    checks.push({ name, ok, detail: ok ? yes : no });
  };

  const circuit = campaign.circuits.find(({ id }) => id === file.circuit);
  check('circuit', circuit !== undefined, 'An accepted size.', 'This campaign does not accept this circuit.');
  check(
    'verification key',
    circuit !== undefined && circuit.vkeySha256 === cryptographic.vkeySha256,
    'The key that the campaign names.',
    'Not the key that the campaign names for this circuit.',
  );
  check(
    'set-up',
    campaign.demo || !cryptographic.developmentKey,
    campaign.demo ? 'A demo: development keys and demo identities are accepted.' : 'Not a development key.',
    'A development key: anyone can forge proofs with it.',
  );
  check('proof', cryptographic.valid, 'The proof is valid.', 'The proof is not valid.');
  const canonical = signals.length === PUBLIC_SIGNALS.length && signals.every(isFieldDecimal);
  check('signals', canonical, 'Eight canonical public signals.', 'Not eight canonical public signals.');
  check(
    'root',
    signal('root') === campaign.root && campaign.root !== '0',
    'Covers the campaign’s snapshot.',
    'Made for another snapshot.',
  );
  const scope = `${scopeOf(campaign.issuer, campaign.campaignId)}`;
  check(
    'scope',
    signal('scope') === scope && campaign.scope === scope,
    'Bound to this campaign.',
    'Bound to another campaign.',
  );
  const message = `${messageOf(options.challenge ?? campaign.challenge, file.payload)}`;
  check(
    'message',
    signal('message') === message,
    'Bound to this challenge and to what the claimant says.',
    'Bound to another challenge or to other words of the claimant.',
  );
  check(
    'date',
    signal('asOf') === `${campaign.asOf}`,
    'Judged at the campaign’s date.',
    'Judged at another date.',
  );
  check(
    'base rate',
    signal('baseRate') === `${campaign.baseRatePpm}`,
    'The campaign’s base rate.',
    'Another base rate.',
  );
  const askIndex = canonical ? metAsk(campaign.asks, signal('lower'), signal('upper'), options) : undefined;
  check(
    'bounds',
    askIndex !== undefined,
    `Shows ${askIndex === undefined ? '' : askInWords(campaign.asks[askIndex]!)}.`,
    'Shows something other than the campaign asks for.',
  );
  check(
    'recency',
    options.notBefore === undefined || campaign.asOf >= options.notBefore,
    'The evidence is recent enough.',
    'The campaign’s evidence is older than you accept.',
  );
  return {
    accepted: checks.every(({ ok }) => ok),
    checks,
    demo: campaign.demo,
    sameCampaignFile: file.campaignSha256 === campaignDigest(campaign),
    ...(askIndex === undefined ? {} : { askIndex }),
    scope,
    nullifier: signal('nullifier') ?? '',
  };
}

function metAsk(
  asks: readonly Ask[],
  lower: string | undefined,
  upper: string | undefined,
  options: VerifyOptions,
): number | undefined {
  const bounds = { lowerPpm: Number(lower), upperPpm: Number(upper) };
  const at = asks.findIndex(
    (ask, index) => (options.askIndex === undefined || options.askIndex === index) && meetsAsk(ask, bounds),
  );
  return at < 0 ? undefined : at;
}
