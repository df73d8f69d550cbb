// State of a campaign in the making: the network and what is in it, the form, and the publication under way.
// Kept outside the page, so that a look elsewhere loses nothing; never stored.
import { createStore, reconcile } from 'solid-js/store';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { SAMPLE_AS_OF, sampleRatingsCsv } from '../../../reputation/sample.ts';
import type {
  NetworkFacts,
  NetworkImport,
  PublishedSnapshot,
  SnapshotProgress,
  SnapshotsService,
} from '../../../services/snapshots.ts';
import { networkOf } from './campaign-files.ts';
import { type CampaignForm, emptyForm, type FormProblems, readForm, utcInput } from './form.ts';

export interface PublishingState {
  network: { name: string } | null;
  /** Null until the network has been read. */
  facts: NetworkFacts | null;
  reading: boolean;
  networkError: ErrorData | null;
  form: CampaignForm;
  commitmentsName: string | null;
  /** Empty until the form has been sent once; then they follow the typing. */
  problems: FormProblems;
  progress: (SnapshotProgress & { etaMs: number | null }) | null;
  publishError: ErrorData | null;
}

export type Publishing = ReturnType<typeof makePublishing>;

/** No guess before this much of the work is done. */
const ETA_FROM_FRACTION = 0.04;

/** Time left when `fraction` took `elapsedMs`; the stages' shares are measured, so time is near linear in it. */
export function timeLeftMs(fraction: number, elapsedMs: number): number | null {
  if (fraction < ETA_FROM_FRACTION || elapsedMs <= 0) return null;
  return (elapsedMs * (1 - fraction)) / fraction;
}

export function makePublishing(
  snapshots: Pick<SnapshotsService, 'inspect' | 'publish'>,
  nowMs: () => number,
) {
  const [state, set] = createStore<PublishingState>({
    network: null,
    facts: null,
    reading: false,
    networkError: null,
    form: emptyForm(nowMs()),
    commitmentsName: null,
    problems: {},
    progress: null,
    publishError: null,
  });
  let reading: AbortController | null = null;
  let publishing: AbortController | null = null;
  // Beside the store, whose proxies cannot be posted to a worker.
  let source: NetworkImport | null = null;
  let sent = false;

  function recheck(): void {
    if (!sent) return;
    const read = readForm(state.form, nowMs());
    set('problems', reconcile(read.ok ? {} : read.problems));
  }

  function change(form: Partial<CampaignForm>): void {
    set('form', form);
    recheck();
  }

  async function inspect(opened: NetworkImport): Promise<void> {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    source = opened;
    set({
      network: { name: opened.name },
      facts: null,
      networkError: null,
      publishError: null,
      reading: true,
    });
    try {
      const facts = await snapshots.inspect(opened, mine.signal);
      if (reading === mine) set({ facts, reading: false });
    } catch (thrown) {
      // Another network was chosen meanwhile: this one's fate no longer matters.
      if (reading !== mine) return;
      source = null;
      set({ network: null, networkError: toErrorData(thrown), reading: false });
    }
  }

  return {
    state,
    change,
    async openNetwork(file: File): Promise<void> {
      await inspect(await networkOf(file));
    },
    /** The made-up network of the app, with terms filled in where none were typed. */
    async takeSample(): Promise<void> {
      const { name, issuer, campaignId } = state.form;
      change({
        name: name || 'Sample network',
        issuer: issuer || 'example.org',
        campaignId: campaignId || `sample-${utcInput(Math.floor(nowMs() / 1000)).slice(0, 10)}`,
        asOfUtc: utcInput(SAMPLE_AS_OF),
        demo: true,
      });
      const data = new Blob([sampleRatingsCsv()], { type: 'text/csv' });
      await inspect({ name: 'the sample network', format: 'ratings-csv', data });
    },
    forgetNetwork(): void {
      reading?.abort();
      reading = null;
      source = null;
      set({ network: null, facts: null, reading: false, networkError: null });
    },
    takeCommitments(name: string, csv: string): void {
      set('commitmentsName', name);
      change({ commitmentsCsv: csv });
    },
    dropCommitments(): void {
      set('commitmentsName', null);
      change({ commitmentsCsv: null });
    },
    /** Publishes what the form says; null when it says too little, or it failed or was cancelled. */
    async publish(): Promise<PublishedSnapshot | null> {
      if (publishing !== null || source === null) return null;
      sent = true;
      const read = readForm(state.form, nowMs());
      set('problems', reconcile(read.ok ? {} : read.problems));
      if (!read.ok) return null;
      const mine = new AbortController();
      publishing = mine;
      const startedMs = nowMs();
      set({ publishError: null, progress: { step: 'Starting', fraction: 0, etaMs: null } });
      try {
        const published = await snapshots.publish(
          source,
          read.terms,
          ({ step, fraction }) => {
            if (publishing !== mine) return;
            set('progress', { step, fraction, etaMs: timeLeftMs(fraction, nowMs() - startedMs) });
          },
          mine.signal,
        );
        sent = false;
        return published;
      } catch (thrown) {
        const error = toErrorData(thrown);
        set('publishError', error.group === 'cancelled' ? null : error);
        return null;
      } finally {
        publishing = null;
        set('progress', null);
      }
    },
    cancel(): void {
      publishing?.abort();
    },
  };
}
