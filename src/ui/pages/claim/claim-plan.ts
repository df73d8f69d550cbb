// What a person can choose in a claim, and what each choice tells a verifier, in words. Pure.
import { type Ask, boundsOf, inUnits } from '../../../reputation/ask.ts';
import type { ClaimBundle } from '../../../reputation/bundle.ts';
import type { CampaignCircuit } from '../../../reputation/campaign.ts';
import { bundleScore, chooseCircuit, claimSharing } from '../../../reputation/claim.ts';
import { SHARING_WARN_BELOW } from '../../../reputation/sharing.ts';
import { plural, scoreText } from '../../components/format.ts';

export interface AskOption {
  index: number;
  ask: Ask;
  title: string;
  text: string;
  /** Whether this person's score meets it. */
  met: boolean;
}

/** Least telling first choice: a threshold says less than a band, a band less than the score. */
const PREFERENCE: readonly Ask['type'][] = ['threshold', 'band', 'membership', 'exact'];

/** What an ask is called. */
export function askTitle(ask: Ask): string {
  switch (ask.type) {
    case 'exact':
      return 'Exact score';
    case 'threshold':
      return `At least ${inUnits(ask.thresholdPpm)}`;
    case 'band':
      return `From ${inUnits(ask.lowerPpm)} to ${inUnits(ask.upperPpm)}`;
    case 'membership':
      return 'Member';
  }
}

const ASK_TEXT: Record<Ask['type'], string> = {
  exact: 'Shows your score itself. It may identify you.',
  threshold: 'Shows only that your score is this or more.',
  band: 'Shows only that your score is within these ends.',
  membership: 'Shows that you are in the snapshot, nothing of your score.',
};

const UNMET_TEXT: Record<Ask['type'], string> = {
  exact: '',
  threshold: 'Your score is below this.',
  band: 'Your score is outside these ends.',
  membership: '',
};

/** Everything that the campaign asks for, in its own order. */
export function askOptions(bundle: ClaimBundle): AskOption[] {
  const { scorePpm } = bundleScore(bundle);
  return bundle.campaign.asks.map((ask, index) => {
    const { lowerPpm, upperPpm } = boundsOf(ask, scorePpm);
    const met = scorePpm >= lowerPpm && scorePpm <= upperPpm;
    return { index, ask, title: askTitle(ask), text: met ? ASK_TEXT[ask.type] : UNMET_TEXT[ask.type], met };
  });
}

/** The choice to start with: what says least of the score among what the person meets. */
export function firstAsk(options: readonly AskOption[]): number | null {
  for (const type of PREFERENCE) {
    const found = options.find((option) => option.met && option.ask.type === type);
    if (found !== undefined) return found.index;
  }
  return null;
}

export interface SizeOption {
  circuit: CampaignCircuit;
  capacity: number;
  /** How many could make the same claim with this size, the person included. */
  sharing: number;
}

/** Accepted sizes that hold this person's records, smallest first; throws when none does. */
export function sizeOptions(bundle: ClaimBundle, askIndex: number): SizeOption[] {
  const smallest = chooseCircuit(bundle.campaign, bundle.records.length).capacity;
  return bundle.campaign.circuits
    .filter((circuit) => circuit.capacity >= smallest)
    .map((circuit) => ({
      circuit,
      capacity: circuit.capacity,
      sharing: claimSharing(bundle, askIndex, circuit.capacity),
    }));
}

export interface Reveal {
  learned: string[];
  hidden: string[];
}

/** What a verifier will and will not learn, to the person whose claim it is. */
export function revealWords(ask: Ask, scorePpm: number, capacity: number): Reveal {
  const ofScore = {
    exact: `Your score: ${scoreText(scorePpm)}.`,
    threshold: `Your score is at least ${ask.type === 'threshold' ? inUnits(ask.thresholdPpm) : ''}.`,
    band:
      ask.type === 'band' ? `Your score is from ${inUnits(ask.lowerPpm)} to ${inUnits(ask.upperPpm)}.` : '',
    membership: 'You are in the snapshot.',
  }[ask.type];
  return {
    learned: [
      ofScore,
      `There are at most ${capacity} attestations about you.`,
      'Whether you claimed in this campaign before.',
    ],
    hidden: [
      'Who you are, and which entry of the snapshot is yours.',
      'Who said what about you.',
      ...(ask.type === 'exact' ? [] : [ask.type === 'membership' ? 'Your score.' : 'Your exact score.']),
      'Your claims in other campaigns.',
    ],
  };
}

export interface SharingWords {
  warn: boolean;
  text: string;
  /** A larger size that more people share, if there is one. */
  larger: SizeOption | null;
}

/** How well this claim hides the person among others. */
export function sharingWords(sizes: readonly SizeOption[], capacity: number): SharingWords {
  const own = sizes.find((size) => size.capacity === capacity);
  const sharing = own?.sharing ?? 1;
  const larger = sizes
    .filter((size) => size.capacity > capacity && size.sharing > sharing)
    .sort((a, b) => b.sharing - a.sharing)[0];
  const warn = sharing < SHARING_WARN_BELOW;
  const text =
    sharing <= 1
      ? 'Nobody else would make this claim, so it identifies you.'
      : `${plural(sharing, 'person', 'people')} would make this same claim, you included.`;
  return { warn, text, larger: larger ?? null };
}

/** Why a challenge cannot be used, or null; empty means the campaign's own. */
export function challengeProblem(challenge: string): string | null {
  return challenge === '' || /^[0-9a-f]{64}$/.test(challenge)
    ? null
    : 'A challenge is 64 digits, 0–9 and a–f. Leave it empty to use the campaign’s.';
}
