// State of the Verify page: what was dropped, what became of each, and the batch that works through them one
// by one. Kept outside the page, so that a look elsewhere loses nothing; never stored.
import { createStore, produce, unwrap } from 'solid-js/store';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { campaignDigest } from '../../../reputation/campaign.ts';
import { readUtc } from '../campaign/form.ts';
import type { Item } from './items.ts';
import { type Expectations, type Judgement, type JudgeServices, judgeClaim, judgeRaw } from './judge.ts';
import { type NamedCampaign, readFiles } from './read-files.ts';

export type EntryState =
  | { step: 'waiting' }
  | { step: 'checking' }
  | { step: 'judged'; judgement: Judgement }
  /** The file can't be read: its own fault. */
  | { step: 'bad'; error: ErrorData }
  /** The checks could not be made: not the claim's fault. */
  | { step: 'unchecked'; error: ErrorData };

export interface Entry {
  id: number;
  item: Item;
  state: EntryState;
}

export interface VerificationState {
  campaign: (NamedCampaign & { digest: string }) | null;
  /** As typed; empty takes the campaign's. */
  challenge: string;
  /** `YYYY-MM-DD` in UTC, or empty for any age. */
  notBefore: string;
  /** Whether accepted claims are spent and kept. */
  record: boolean;
  entries: Entry[];
  running: boolean;
}

/** Results that are added between two drawings of the page. */
export const ADD_AT_ONCE = 500;

export interface Counts {
  accepted: number;
  valid: number;
  alreadyUsed: number;
  refused: number;
  unreadable: number;
  unchecked: number;
  waiting: number;
}

export type Verification = ReturnType<typeof makeVerification>;

/** What the verifier asks beyond the campaign file, or why it can't be read. */
export function readDemands(
  challenge: string,
  notBefore: string,
): { challenge?: string; notBefore?: number; problems: { challenge?: string; notBefore?: string } } {
  const problems: { challenge?: string; notBefore?: string } = {};
  const hex = challenge.trim().toLowerCase().replace(/^0x/, '');
  if (hex !== '' && !/^[0-9a-f]{64}$/.test(hex)) problems.challenge = 'A challenge is 64 hex digits.';
  const day = notBefore === '' ? null : readUtc(`${notBefore}T00:00`);
  if (notBefore !== '' && day === null) problems.notBefore = 'Type a date that exists.';
  return {
    ...(hex === '' || problems.challenge !== undefined ? {} : { challenge: hex }),
    ...(day === null ? {} : { notBefore: day }),
    problems,
  };
}

export function makeVerification(services: JudgeServices, onAccepted: () => void) {
  const [state, set] = createStore<VerificationState>({
    campaign: null,
    challenge: '',
    notBefore: '',
    record: true,
    entries: [],
    running: false,
  });
  let nextId = 1;
  let stopping = false;
  let clearings = 0;
  const demands = () => readDemands(state.challenge, state.notBefore);

  function setEntry(id: number, entryState: EntryState): void {
    // Not through the store's proxies: a search among thousands for each of thousands takes long.
    const at = unwrap(state.entries).findIndex((entry) => entry.id === id);
    if (at >= 0) set('entries', at, 'state', entryState);
  }

  function nextReady(): Entry | undefined {
    const { problems } = demands();
    const canJudge = state.campaign !== null && Object.keys(problems).length === 0;
    return unwrap(state.entries).find(
      ({ state: { step }, item }) => step === 'waiting' && (item.kind === 'raw' || canJudge),
    );
  }

  /** Works through what waits, one after the other: a second copy of a claim must find the first one spent. */
  async function run(): Promise<void> {
    if (state.running) return;
    stopping = false;
    set('running', true);
    try {
      for (let entry = nextReady(); entry !== undefined && !stopping; entry = nextReady()) {
        const { id, item } = entry;
        setEntry(id, { step: 'checking' });
        setEntry(id, await judgeItem(item));
      }
    } finally {
      set('running', false);
    }
  }

  async function judgeItem(item: Item): Promise<EntryState> {
    try {
      if (item.kind === 'bad') return { step: 'bad', error: item.error };
      if (item.kind === 'raw') return { step: 'judged', judgement: await judgeRaw(item, services.verifier) };
      const judgement = await judgeClaim(item.claim, expectations(), services);
      if (judgement.outcome === 'accepted') onAccepted();
      return { step: 'judged', judgement };
    } catch (thrown) {
      return { step: 'unchecked', error: toErrorData(thrown) };
    }
  }

  function expectations(): Expectations {
    const { challenge, notBefore } = demands();
    return {
      campaign: unwrap(state.campaign!.campaign),
      record: state.record,
      ...(challenge === undefined ? {} : { challenge }),
      ...(notBefore === undefined ? {} : { notBefore }),
    };
  }

  function addItems(items: readonly Item[]): void {
    set(
      'entries',
      produce((entries: Entry[]) => {
        for (const item of items) {
          const step: EntryState =
            item.kind === 'bad' ? { step: 'bad', error: item.error } : { step: 'waiting' };
          entries.push({ id: nextId++, item, state: step });
        }
      }),
    );
  }

  function takeCampaign({ name, campaign }: NamedCampaign): void {
    set('campaign', { name, campaign, digest: campaignDigest(campaign) });
  }

  return {
    state,
    problems: () => demands().problems,
    /** Takes claims, campaign files and plain proofs, in any mixture. */
    async addFiles(files: readonly File[]): Promise<void> {
      const from = clearings;
      const { items, campaigns } = await readFiles(files);
      const last = campaigns.at(-1);
      if (last !== undefined) takeCampaign(last);
      for (let at = 0; at < items.length; at += ADD_AT_ONCE) {
        // The page draws in between; who clears the list meanwhile means these too.
        if (at > 0) await new Promise((resolve) => setTimeout(resolve, 0));
        if (clearings !== from) return;
        addItems(items.slice(at, at + ADD_AT_ONCE));
      }
      await run();
    },
    takeCampaign: async (campaign: NamedCampaign): Promise<void> => {
      takeCampaign(campaign);
      await run();
    },
    forgetCampaign: () => set('campaign', null),
    setChallenge: (challenge: string) => set('challenge', challenge),
    setNotBefore: (notBefore: string) => set('notBefore', notBefore),
    setRecord: (record: boolean) => set('record', record),
    run,
    /** After the proof that is being checked. */
    stop(): void {
      stopping = true;
    },
    /** Judges again what was not accepted, with the campaign file and demands of now. */
    async again(): Promise<void> {
      set(
        'entries',
        ({ item, state: { step }, state: entryState }) =>
          item.kind !== 'bad' &&
          (step === 'unchecked' ||
            (entryState.step === 'judged' && entryState.judgement.outcome !== 'accepted')),
        'state',
        { step: 'waiting' },
      );
      await run();
    },
    clear(): void {
      stopping = true;
      clearings++;
      set('entries', []);
    },
  };
}

export function countEntries(entries: readonly Entry[]): Counts {
  const counts: Counts = {
    accepted: 0,
    valid: 0,
    alreadyUsed: 0,
    refused: 0,
    unreadable: 0,
    unchecked: 0,
    waiting: 0,
  };
  for (const { state } of entries) {
    if (state.step === 'bad') counts.unreadable++;
    else if (state.step === 'unchecked') counts.unchecked++;
    else if (state.step !== 'judged') counts.waiting++;
    else if (state.judgement.outcome === 'accepted') counts.accepted++;
    else if (state.judgement.outcome === 'already-used') counts.alreadyUsed++;
    else if (state.judgement.outcome === 'valid' || state.judgement.outcome === 'proof-valid') counts.valid++;
    else counts.refused++;
  }
  return counts;
}
