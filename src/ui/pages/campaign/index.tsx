// The Campaign page: publish a snapshot of a network, hand out its files, look at earlier ones.
import { useNavigate, useSearchParams } from '@solidjs/router';
import { createMemo, createResource, createSignal, type JSX, Show } from 'solid-js';
import { isDevelopmentKey } from '../../../core/development-key.ts';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { CAPACITIES } from '../../../reputation/constants.ts';
import { LinkButton } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page } from '../../components/Page.tsx';
import { type Services, useServices } from '../../services.ts';
import { CheckSnapshot } from './CheckSnapshot.tsx';
import { makePublishing, type Publishing } from './create-publishing.ts';
import { NetworkPanel } from './NetworkPanel.tsx';
import { PeopleSource } from './PeopleSource.tsx';
import { PublishBar } from './PublishBar.tsx';
import { PublishedList } from './PublishedList.tsx';
import { SnapshotView } from './SnapshotView.tsx';
import { TermsForm } from './TermsForm.tsx';
import './campaign.css';

// Outlives the page: a publication goes on while the person looks elsewhere.
const [changes, setChanges] = createSignal(0);
let kept: { services: Services; publishing: Publishing } | null = null;

function publishingFor(services: Services): Publishing {
  if (kept?.services !== services) {
    kept = { services, publishing: makePublishing(services.snapshots, Date.now) };
  }
  return kept.publishing;
}

export default function CampaignPage(): JSX.Element {
  const services = useServices();
  const publishing = publishingFor(services);
  const navigate = useNavigate();
  const [search] = useSearchParams<{ snapshot?: string }>();
  const [error, setError] = createSignal<ErrorData | null>(null);
  const [fresh, setFresh] = createSignal<string | null>(null);

  const [snapshots] = createResource(changes, async () => {
    try {
      return await services.snapshots.list();
    } catch (thrown) {
      setError(toErrorData(thrown));
      return [];
    }
  });
  const opened = createMemo(() => snapshots.latest?.find(({ id }) => id === search.snapshot));

  const publish = async () => {
    const published = await publishing.publish();
    if (published === null) return;
    setFresh(published.id);
    setChanges((count) => count + 1);
    publishing.forgetNetwork();
    navigate(`/campaign?snapshot=${encodeURIComponent(published.id)}`);
  };
  const remove = async (id: string) => {
    try {
      await services.snapshots.remove(id);
    } catch (thrown) {
      setError(toErrorData(thrown));
    }
    setChanges((count) => count + 1);
  };

  return (
    <Show
      when={search.snapshot}
      fallback={
        <Overview
          publishing={publishing}
          error={error()}
          published={<PublishedList snapshots={snapshots.latest ?? []} onRemove={remove} />}
          onPublish={() => void publish()}
        />
      }
    >
      <Show when={opened()} keyed fallback={<Missing loading={snapshots.loading} error={error()} />}>
        {(snapshot) => <SnapshotView snapshot={snapshot} justPublished={fresh() === snapshot.id} />}
      </Show>
    </Show>
  );
}

function Overview(props: {
  publishing: Publishing;
  error: ErrorData | null;
  published: JSX.Element;
  onPublish: () => void;
}): JSX.Element {
  const { circuits } = useServices();
  const [known] = createResource(async () => {
    const entries = await circuits.list().catch(() => []);
    return Promise.all(
      entries
        .filter(({ id, capacity }) => capacity !== null && id.startsWith('reputation-'))
        .map(async (entry) => ({
          size: entry.capacity!,
          // By the key's own numbers, never by a label; a key that can't be had now is not warned about.
          development: await circuits.vkey(entry).then(isDevelopmentKey, () => false),
        })),
    );
  });
  const sizes = () => {
    const made = known.latest ?? [];
    return CAPACITIES.map((size) => ({ size, ready: made.some((entry) => entry.size === size) }));
  };
  const developmentKeys = () =>
    (known.latest ?? []).some(
      ({ size, development }) => development && props.publishing.state.form.sizes.includes(size),
    );
  return (
    <Page
      title="Campaign"
      lead="Publish a snapshot of who trusts whom. People then prove things about their own part of it, and you learn no more than they show."
      side={props.published}
    >
      <Show when={props.error}>{(data) => <Notice error={data()} />}</Show>
      <NetworkPanel publishing={props.publishing} />
      <Show when={props.publishing.state.facts}>
        <TermsForm publishing={props.publishing} sizes={sizes()} />
        <PeopleSource publishing={props.publishing} developmentKeys={developmentKeys()} />
        <PublishBar publishing={props.publishing} onPublish={props.onPublish} />
      </Show>
      <CheckSnapshot />
    </Page>
  );
}

function Missing(props: { loading: boolean; error: ErrorData | null }): JSX.Element {
  return (
    <Page title="Campaign">
      <Show when={props.error}>{(data) => <Notice error={data()} />}</Show>
      <Show when={!props.loading} fallback={<p class="quiet">Reading what is kept on this device.</p>}>
        <EmptyState
          title="This snapshot is not on this device"
          actions={
            <LinkButton href="/campaign" icon="arrow-left">
              All campaigns
            </LinkButton>
          }
        >
          It was removed, or published somewhere else.
        </EmptyState>
      </Show>
    </Page>
  );
}
