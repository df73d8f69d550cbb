// The network that a campaign is about: opened from a file or the sample, and what is in it.
import { type JSX, Show } from 'solid-js';
import type { NetworkFacts } from '../../../services/snapshots.ts';
import { Button } from '../../components/Button.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { countText, dayText, plural } from '../../components/format.ts';
import { Facts, PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import type { Publishing } from './create-publishing.ts';
import { RejectedRows } from './RejectedRows.tsx';

export function NetworkPanel(props: { publishing: Publishing }): JSX.Element {
  const state = () => props.publishing.state;
  return (
    <Section
      title="1. Network"
      aside={
        <Show when={state().network} fallback={<PrivacyNote />}>
          <Button
            variant="quiet"
            icon="refresh"
            disabled={state().progress !== null}
            onClick={() => props.publishing.forgetNetwork()}
          >
            Use another
          </Button>
        </Show>
      }
    >
      <Show when={state().networkError}>{(error) => <Notice error={error()} />}</Show>
      <Show
        when={state().network}
        fallback={
          <>
            <FileDrop
              label="Ratings or attestations"
              hint="CSV with source,target,rating,time (−10 to 10, Unix seconds), or a JSON array of attestations."
              accept=".csv,.json,text/csv,application/json"
              onFiles={([file]) => file && void props.publishing.openNetwork(file)}
            />
            <div class="row">
              <Button icon="people" onClick={() => void props.publishing.takeSample()}>
                Take the sample network
              </Button>
              <span class="small quiet">Eighty made-up people, to try it out.</span>
            </div>
          </>
        }
      >
        {(network) => (
          <Show when={state().facts} fallback={<p role="status">Reading {network().name} on this device.</p>}>
            {(facts) => <NetworkSummary name={network().name} facts={facts()} />}
          </Show>
        )}
      </Show>
    </Section>
  );
}

function NetworkSummary(props: { name: string; facts: NetworkFacts }): JSX.Element {
  return (
    <>
      <Facts
        items={[
          { term: 'From', value: props.name },
          { term: 'Statements', value: countText(props.facts.statements) },
          { term: 'People judged', value: countText(props.facts.subjects) },
          {
            term: 'Newest statement',
            value: props.facts.newestS === null ? '–' : dayText(props.facts.newestS),
          },
          {
            term: 'Rows refused',
            value: countText(props.facts.rejectedTotal),
          },
        ]}
      />
      <Show when={props.facts.tooLarge > 0}>
        <Notice
          kind="warn"
          title={`${plural(props.facts.tooLarge, 'person has', 'people have')} more evidence than any size holds`}
        >
          They are left out.
        </Notice>
      </Show>
      <RejectedRows rejected={props.facts.rejected} total={props.facts.rejectedTotal} />
    </>
  );
}
