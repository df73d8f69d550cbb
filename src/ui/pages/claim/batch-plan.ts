// Many claims at once: which bundles are good, what each would prove, and who still has to do what. Pure but for
// reading the bundles, of which only what the page shows is kept.
import { toErrorData } from '../../../core/errors.ts';
import type { ClaimBundle } from '../../../reputation/bundle.ts';
import { type Campaign, campaignDigest } from '../../../reputation/campaign.ts';
import { bundleScore } from '../../../reputation/claim.ts';
import type { IdentitySummary } from '../../../services/identities.ts';
import { askOptions, askTitle, firstAsk, sizeOptions } from './claim-plan.ts';

/** So many reads and proofs are a long day's work already. */
export const BATCH_MAX = 500;

/** Where a bundle is read from, as often as it is needed. */
export interface BatchSource {
  /** A file's name, or who it is about. */
  name: string;
  load(): Promise<ClaimBundle>;
}

export interface BatchEntry {
  source: BatchSource;
  subject: string;
  /** Canonical decimal. */
  commitment: string;
  campaign: Campaign;
  campaignSha256: string;
  records: number;
  scorePpm: number;
  /** Asks of the campaign that the score meets. */
  met: number[];
  /** The one of them that says least; null when it meets none. */
  best: number | null;
  /** For each ask: how many could make the same claim with the smallest size, this one included. */
  sharing: number[];
}

/** What is no part of the batch, by name, and why. */
export interface LeftOut {
  name: string;
  reason: string;
}

export interface Batch {
  entries: BatchEntry[];
  leftOut: LeftOut[];
}

/** Reads all, one after another; what cannot be used is named with its reason and the rest is kept. */
export async function readBatch(
  sources: readonly BatchSource[],
  onRead: (done: number) => void,
): Promise<Batch> {
  const entries: BatchEntry[] = [];
  const leftOut: LeftOut[] = [];
  const campaigns = new Map<string, Campaign>();
  const claimants = new Map<string, string>();
  for (const [at, source] of sources.entries()) {
    onRead(at);
    if (entries.length >= BATCH_MAX) {
      leftOut.push({
        name: source.name,
        reason: `Only ${BATCH_MAX} are taken at once. Open it with the next.`,
      });
      continue;
    }
    try {
      const entry = entryOf(source, await source.load(), campaigns);
      const claimant = `${entry.campaignSha256} ${entry.commitment}`;
      const earlier = claimants.get(claimant);
      if (earlier === undefined) {
        claimants.set(claimant, source.name);
        entries.push(entry);
      } else leftOut.push({ name: source.name, reason: `The same claim as ${earlier}.` });
    } catch (thrown) {
      leftOut.push({ name: source.name, reason: reasonOf(thrown, source.name) });
    }
  }
  onRead(sources.length);
  return { entries, leftOut };
}

/** An error in a line; the name stands beside it already. */
export function reasonOf(thrown: unknown, name: string): string {
  const { message, where, nextStep } = toErrorData(thrown);
  const place = where?.replace(`${name}, `, '').replace(name, '') ?? '';
  return [message, place === '' ? '' : `Where: ${place}.`, nextStep].filter(Boolean).join(' ');
}

function entryOf(source: BatchSource, bundle: ClaimBundle, campaigns: Map<string, Campaign>): BatchEntry {
  const campaignSha256 = campaignDigest(bundle.campaign);
  // One copy for all bundles of a campaign.
  const campaign = campaigns.get(campaignSha256) ?? bundle.campaign;
  campaigns.set(campaignSha256, campaign);
  const asks = askOptions(bundle);
  return {
    source,
    subject: bundle.subject,
    commitment: `${bundle.commitment}`,
    campaign,
    campaignSha256,
    records: bundle.records.length,
    scorePpm: bundleScore(bundle).scorePpm,
    met: asks.filter(({ met }) => met).map(({ index }) => index),
    best: firstAsk(asks),
    // Throws when no size holds the records.
    sharing: asks.map(({ index }) => sizeOptions(bundle, index)[0]?.sharing ?? 1),
  };
}

/** What to prove: one ask for all of a campaign, or for each what says least. */
export type AskChoice = 'best' | `${number}`;

export interface BatchGroup {
  campaign: Campaign;
  campaignSha256: string;
  entries: BatchEntry[];
  choices: { value: AskChoice; label: string }[];
}

/** By campaign, in the order in which they came. */
export function groupsOf(entries: readonly BatchEntry[]): BatchGroup[] {
  const groups = new Map<string, BatchEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.campaignSha256);
    if (group === undefined) groups.set(entry.campaignSha256, [entry]);
    else group.push(entry);
  }
  return [...groups.values()].map((group) => {
    const { campaign, campaignSha256 } = group[0] as BatchEntry;
    const asks = campaign.asks.map((ask, index) => {
      const met = group.filter((entry) => entry.met.includes(index)).length;
      return { value: `${index}` as const, label: `${askTitle(ask)}: ${met} of ${group.length} meet it` };
    });
    const best = { value: 'best' as const, label: 'For each, what says least of the score' };
    return { campaign, campaignSha256, entries: group, choices: asks.length === 1 ? asks : [best, ...asks] };
  });
}

/** The ask that an entry would prove, or null when its score does not meet what was chosen. */
export function askFor(entry: BatchEntry, choice: AskChoice): number | null {
  if (choice === 'best') return entry.best;
  return entry.met.includes(Number(choice)) ? Number(choice) : null;
}

export type Readiness =
  | { ready: true; askIndex: number; identity: IdentitySummary | null }
  | { ready: false; why: string; locked: IdentitySummary | null };

/** Whether a proof can be asked for now, and if not, why. */
export function readiness(
  entry: BatchEntry,
  choice: AskChoice,
  identities: readonly IdentitySummary[],
): Readiness {
  const askIndex = askFor(entry, choice);
  if (askIndex === null) {
    const why =
      entry.best === null ? 'The score meets nothing the campaign asks for' : 'The score does not meet this';
    return { ready: false, why, locked: null };
  }
  if (entry.campaign.demo) return { ready: true, askIndex, identity: null };
  const identity = identities.find((one) => one.commitment === entry.commitment);
  if (identity === undefined) {
    return { ready: false, why: 'Its identity is not on this device', locked: null };
  }
  if (!identity.unlocked) return { ready: false, why: `${identity.name} is locked`, locked: identity };
  return { ready: true, askIndex, identity };
}

/** Identities to unlock, each once. */
export function lockedOf(states: readonly Readiness[]): IdentitySummary[] {
  const locked = states.flatMap((state) => (state.ready || state.locked === null ? [] : [state.locked]));
  return [...new Map(locked.map((one) => [one.id, one])).values()];
}
