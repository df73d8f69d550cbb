// What did not go into a snapshot, and why.
import { For, type JSX, Show } from 'solid-js';
import { toCsv } from '../../../core/csv.ts';
import type { PublishedSnapshot } from '../../../services/snapshots.ts';
import { Button } from '../../components/Button.tsx';
import { saveFile } from '../../components/files.ts';
import { countText, plural } from '../../components/format.ts';
import { Section } from '../../components/Page.tsx';
import { RejectedRows } from './RejectedRows.tsx';

const SHOWN_MAX = 40;

export function LeftOut(props: { snapshot: PublishedSnapshot }): JSX.Element {
  const dropped = () => props.snapshot.dropped;
  const nothing = () =>
    props.snapshot.rejectedTotal +
      props.snapshot.unregistered.length +
      props.snapshot.tooLarge.length +
      dropped().self +
      dropped().future +
      dropped().superseded ===
    0;
  return (
    <Section title="Left out">
      <Show when={nothing()}>
        <p class="quiet">Nothing: every row counts.</p>
      </Show>
      <Show when={dropped().superseded + dropped().self + dropped().future > 0}>
        <ul class="campaign-plain-list">
          <Show when={dropped().superseded > 0}>
            <li>{plural(dropped().superseded, 'statement', 'statements')} replaced by a newer one</li>
          </Show>
          <Show when={dropped().self > 0}>
            <li>{plural(dropped().self, 'statement', 'statements')} of people about themselves</li>
          </Show>
          <Show when={dropped().future > 0}>
            <li>{plural(dropped().future, 'statement', 'statements')} made after the campaign’s date</li>
          </Show>
        </ul>
      </Show>
      <RejectedRows rejected={props.snapshot.rejected} total={props.snapshot.rejectedTotal} />
      <People
        what="without a commitment: they have not registered"
        file="unregistered.csv"
        people={props.snapshot.unregistered}
      />
      <People
        what="with more evidence than the largest accepted size"
        file="too-large.csv"
        people={props.snapshot.tooLarge}
      />
    </Section>
  );
}

function People(props: { what: string; file: string; people: readonly string[] }): JSX.Element {
  return (
    <Show when={props.people.length > 0}>
      <details class="campaign-details">
        <summary>
          {plural(props.people.length, 'person', 'people')} {props.what}
        </summary>
        <ul class="campaign-names">
          <For each={props.people.slice(0, SHOWN_MAX)}>{(subject) => <li>{subject}</li>}</For>
        </ul>
        <Show when={props.people.length > SHOWN_MAX}>
          <p class="small quiet">
            The first {SHOWN_MAX} of {countText(props.people.length)}; the file holds all.
          </p>
        </Show>
        <Button
          icon="download"
          onClick={() =>
            saveFile(
              props.file,
              toCsv(
                ['subject'],
                props.people.map((subject) => [subject]),
              ),
              'text/csv',
            )
          }
        >
          Save the list
        </Button>
      </details>
    </Show>
  );
}
