// The campaign file that claims are judged by: opened, taken from a campaign published here, or the sample.
import { createResource, createSignal, For, type JSX, Show } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { askInWords } from '../../../reputation/ask.ts';
import { Button } from '../../components/Button.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { countText, dayText } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { DemoBadge, Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { useServices } from '../../services.ts';
import { openSample } from '../claim/sample-claim.ts';
import type { Verification, VerificationState } from './create-verification.ts';
import { ageInWords } from './words.ts';

export function CampaignPanel(props: {
  verification: Verification;
  onFiles: (files: File[]) => void;
}): JSX.Element {
  return (
    <Show
      when={props.verification.state.campaign}
      fallback={<ChooseCampaign verification={props.verification} onFiles={props.onFiles} />}
    >
      {(loaded) => <LoadedCampaign loaded={loaded()} onForget={props.verification.forgetCampaign} />}
    </Show>
  );
}

function ChooseCampaign(props: {
  verification: Verification;
  onFiles: (files: File[]) => void;
}): JSX.Element {
  const services = useServices();
  const [published] = createResource(() => services.snapshots.list().catch(() => []));
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<ErrorData | null>(null);

  const takeSample = async () => {
    setBusy(true);
    setError(null);
    try {
      const { campaign } = await openSample(services);
      void props.verification.takeCampaign({ name: 'The sample campaign', campaign });
    } catch (thrown) {
      setError(toErrorData(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Section title="Campaign file">
      <FileDrop
        label="Campaign file"
        hint="What you asked for when you gave out the campaign. Claims are judged by it alone."
        accept=".json,application/json"
        onFiles={props.onFiles}
      />
      <Show when={error()}>{(data) => <Notice error={data()} />}</Show>
      <div class="row">
        <For each={published()?.slice(0, 4)}>
          {({ campaign }) => (
            <Button
              icon="campaign"
              onClick={() => void props.verification.takeCampaign({ name: 'Published here', campaign })}
            >
              {campaign.name}
              <Show when={campaign.demo}>
                {' '}
                <DemoBadge />
              </Show>
            </Button>
          )}
        </For>
        <Button icon="people" busy={busy()} onClick={() => void takeSample()}>
          Take the sample campaign
        </Button>
      </div>
    </Section>
  );
}

function LoadedCampaign(props: {
  loaded: NonNullable<VerificationState['campaign']>;
  onForget: () => void;
}): JSX.Element {
  const campaign = () => props.loaded.campaign;
  return (
    <Section
      title="Campaign"
      panel
      aside={
        <div class="row">
          <Show when={campaign().demo}>
            <DemoBadge />
          </Show>
          <Button variant="quiet" icon="refresh" onClick={() => props.onForget()}>
            Use another
          </Button>
        </div>
      }
    >
      <Show when={campaign().demo}>
        <Notice kind="warn" title="A demo campaign">
          Anyone can claim as anyone in it, so accepting a claim proves nothing about a person.
        </Notice>
      </Show>
      <Facts
        items={[
          { term: 'Name', value: campaign().name },
          { term: 'Issuer', value: campaign().issuer },
          {
            term: 'Asks for',
            value: (
              <For each={campaign().asks}>{(ask, at) => `${at() > 0 ? ', or ' : ''}${askInWords(ask)}`}</For>
            ),
          },
          {
            term: 'Evidence as of',
            value: `${dayText(campaign().asOf)}, ${ageInWords(campaign().asOf, Date.now())}`,
          },
          {
            term: 'Accepted sizes',
            value: campaign()
              .circuits.map(({ capacity }) => countText(capacity))
              .join(', '),
          },
          {
            term: 'Digest',
            value: <Hash value={props.loaded.digest} what="campaign digest" head={12} tail={8} />,
          },
          { term: 'From', value: props.loaded.name },
        ]}
      />
    </Section>
  );
}
