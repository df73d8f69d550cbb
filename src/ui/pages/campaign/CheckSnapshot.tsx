// Recomputes the root of a published snapshot and holds it against a campaign file: what anyone can do who
// has both files.
import { createSignal, For, type JSX, onCleanup, Show } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import type { CampaignFile } from '../../../reputation/campaign.ts';
import type { SnapshotCheck, SnapshotProgress } from '../../../services/snapshots.ts';
import { Button } from '../../components/Button.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { countText, dayText } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { DemoBadge, Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { ProgressBar } from '../../components/StageBar.tsx';
import { useServices } from '../../services.ts';
import { checkFileOf, compareWithCampaign } from './campaign-files.ts';

export interface CheckSnapshotProps {
  /** The campaign file to hold against; else one is dropped. */
  campaign?: CampaignFile;
  /** A snapshot kept here, whose own file is then recomputed. */
  snapshotId?: string;
}

export function CheckSnapshot(props: CheckSnapshotProps): JSX.Element {
  const { snapshots } = useServices();
  const [dropped, setDropped] = createSignal<CampaignFile | null>(null);
  const [checked, setChecked] = createSignal<SnapshotCheck | null>(null);
  const [progress, setProgress] = createSignal<SnapshotProgress | null>(null);
  const [error, setError] = createSignal<ErrorData | null>(null);
  let running: AbortController | null = null;
  onCleanup(() => running?.abort());

  const campaign = () => props.campaign ?? dropped();
  const comparison = () => {
    const [check, file] = [checked(), campaign()];
    return check === null || file === null ? null : compareWithCampaign(check, file);
  };

  const attempt = async (work: (signal: AbortSignal) => Promise<void>) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    setError(null);
    try {
      await work(mine.signal);
    } catch (thrown) {
      const data = toErrorData(thrown);
      if (data.group !== 'cancelled') setError(data);
    } finally {
      if (running === mine) setProgress(null);
    }
  };
  const recompute = async (file: Blob, signal: AbortSignal) => {
    setChecked(null);
    setProgress({ step: 'Reading the snapshot', fraction: 0 });
    setChecked(await snapshots.checkSnapshotFile(file, setProgress, signal));
  };
  const own = (id: string) =>
    attempt(async (signal) => {
      setChecked(null);
      setProgress({ step: 'Reading the snapshot', fraction: 0 });
      await recompute(await snapshots.snapshotFile(id), signal);
    });
  const take = (files: File[]) =>
    attempt(async (signal) => {
      for (const file of files) {
        const sorted = await checkFileOf(file);
        if (sorted.kind === 'campaign') setDropped(sorted.campaign);
        else await recompute(sorted.file, signal);
      }
    });

  return (
    <Section title="Check a published snapshot" aside={campaign()?.demo ? <DemoBadge /> : undefined}>
      <p class="small quiet">
        Recomputes the root from everyone’s evidence, so that nobody has to take a campaign’s word for it.
      </p>
      <Show
        when={props.snapshotId}
        fallback={
          <FileDrop
            label="Snapshot file and campaign file"
            accept=".json,application/json"
            multiple
            onFiles={(files) => void take(files)}
          />
        }
      >
        {(id) => (
          <div class="row">
            <Button icon="refresh" busy={progress() !== null} onClick={() => void own(id())}>
              Recompute the root
            </Button>
          </div>
        )}
      </Show>
      <Show when={progress()}>
        {(now) => (
          <>
            <ProgressBar label="Recomputing" fraction={now().fraction} words={now().step} />
            <div class="row">
              <Button icon="close" onClick={() => running?.abort()}>
                Cancel
              </Button>
            </div>
          </>
        )}
      </Show>
      <Show when={error()}>{(data) => <Notice error={data()} />}</Show>
      <Show when={checked()}>
        {(check) => (
          <>
            <Show
              when={comparison()}
              fallback={
                <Notice
                  title="The snapshot hashes to its own root"
                  nextStep="Open the campaign file to compare."
                />
              }
            >
              {(found) => (
                <Show
                  when={found().same}
                  fallback={
                    <Notice kind="error" title="The campaign file is not of this snapshot">
                      <ul class="campaign-plain-list">
                        <For each={found().differences}>{(difference) => <li>{difference}</li>}</For>
                      </ul>
                    </Notice>
                  }
                >
                  <Notice kind="ok" title="The root is the campaign file’s">
                    Everyone’s evidence hashes to exactly the root that claims are checked against.
                  </Notice>
                </Show>
              )}
            </Show>
            <Facts
              items={[
                { term: 'Recomputed root', value: <Hash value={check().root} what="recomputed root" /> },
                { term: 'People', value: countText(check().people) },
                { term: 'Evidence as of', value: dayText(check().asOf) },
              ]}
            />
          </>
        )}
      </Show>
      <Show when={checked() === null && dropped()}>
        {(file) => (
          <p>
            Campaign file: {file().name}. <span class="quiet">Now open its snapshot file.</span>
          </p>
        )}
      </Show>
    </Section>
  );
}
