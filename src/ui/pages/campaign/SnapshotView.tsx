// One published snapshot: its digest and root, what was left out, the files to hand out, and its people.
import { createSignal, For, type JSX, onCleanup, Show } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { askInWords } from '../../../reputation/ask.ts';
import { writeCampaign } from '../../../reputation/campaign.ts';
import type { PublishedSnapshot, SnapshotProgress } from '../../../services/snapshots.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { saveFile } from '../../components/files.ts';
import { countText, dayText, timeText } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { DemoBadge, Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Page, Section } from '../../components/Page.tsx';
import { ProgressBar } from '../../components/StageBar.tsx';
import { useServices } from '../../services.ts';
import { Anonymity } from './Anonymity.tsx';
import { CheckSnapshot } from './CheckSnapshot.tsx';
import { fileStem } from './campaign-files.ts';
import { LeftOut } from './LeftOut.tsx';
import { PeoplePanel } from './PeoplePanel.tsx';

export function SnapshotView(props: { snapshot: PublishedSnapshot; justPublished: boolean }): JSX.Element {
  const campaign = () => props.snapshot.campaign;
  return (
    <Page
      title={campaign().name}
      lead={
        campaign().demo
          ? 'A demo snapshot. It shows how a campaign works and proves nothing about anyone.'
          : 'A published snapshot. Give everyone the same campaign file, and each person their own bundle.'
      }
      aside={
        <div class="row">
          <Show when={campaign().demo}>
            <DemoBadge />
          </Show>
          <LinkButton href="/campaign" icon="arrow-left">
            All campaigns
          </LinkButton>
        </div>
      }
      side={<Anonymity snapshot={props.snapshot} />}
    >
      <Show when={props.justPublished}>
        <Notice kind="ok" title="Published and saved on this device">
          Nothing has been sent anywhere: hand out the files below.
        </Notice>
      </Show>
      <Section title="Campaign file" panel>
        <p>
          People and verifiers must hold this same file. Publish its digest where they can compare it:{' '}
          <Hash value={props.snapshot.campaignDigest} what="campaign digest" head={12} tail={8} />
        </p>
        <Facts
          items={[
            { term: 'Issuer', value: campaign().issuer },
            { term: 'Campaign id', value: campaign().campaignId },
            {
              term: 'Asks for',
              value: (
                <For each={campaign().asks}>
                  {(ask, at) => `${at() > 0 ? ', or ' : ''}${askInWords(ask)}`}
                </For>
              ),
            },
            { term: 'Evidence as of', value: dayText(campaign().asOf) },
            { term: 'People', value: countText(props.snapshot.people) },
            { term: 'Root', value: <Hash value={campaign().root} what="root" head={12} tail={8} /> },
            { term: 'Published', value: timeText(props.snapshot.createdAtMs) },
          ]}
        />
        <Downloads snapshot={props.snapshot} />
      </Section>
      <PeoplePanel snapshot={props.snapshot} />
      <LeftOut snapshot={props.snapshot} />
      <CheckSnapshot campaign={campaign()} snapshotId={props.snapshot.id} />
    </Page>
  );
}

function Downloads(props: { snapshot: PublishedSnapshot }): JSX.Element {
  const { snapshots } = useServices();
  const [zip, setZip] = createSignal<SnapshotProgress | null>(null);
  const [error, setError] = createSignal<ErrorData | null>(null);
  let zipping: AbortController | null = null;
  onCleanup(() => zipping?.abort());
  const stem = () => fileStem(props.snapshot.campaign.name);

  const attempt = async (work: () => Promise<void>) => {
    setError(null);
    try {
      await work();
    } catch (thrown) {
      const data = toErrorData(thrown);
      if (data.group !== 'cancelled') setError(data);
    }
  };
  const saveSnapshot = () =>
    attempt(async () => {
      saveFile(`${stem()}.snapshot.json`, await snapshots.snapshotFile(props.snapshot.id));
    });
  const saveBundles = () =>
    attempt(async () => {
      zipping = new AbortController();
      setZip({ step: 'Writing bundles', fraction: 0 });
      try {
        saveFile(
          `${stem()}.bundles.zip`,
          await snapshots.bundlesZip(props.snapshot.id, zipping.signal, setZip),
        );
      } finally {
        setZip(null);
      }
    });

  return (
    <>
      <Show when={error()}>{(data) => <Notice error={data()} />}</Show>
      <Show
        when={zip()}
        fallback={
          <>
            <div class="row">
              <Button
                variant="primary"
                icon="download"
                onClick={() => saveFile(`${stem()}.campaign.json`, writeCampaign(props.snapshot.campaign))}
              >
                Campaign file
              </Button>
              <Button icon="download" onClick={() => void saveSnapshot()}>
                Snapshot file
              </Button>
              <Button icon="download" onClick={() => void saveBundles()}>
                All bundles (zip)
              </Button>
            </div>
            <p class="small quiet">
              The campaign file is for everyone. The snapshot file lets anyone recompute the root, and shows
              the evidence by commitment. A bundle is for its person only.
            </p>
          </>
        }
      >
        {(progress) => (
          <>
            <ProgressBar label="Writing bundles" fraction={progress().fraction} words={progress().step} />
            <div class="row">
              <Button icon="close" onClick={() => zipping?.abort()}>
                Cancel
              </Button>
            </div>
          </>
        )}
      </Show>
    </>
  );
}
