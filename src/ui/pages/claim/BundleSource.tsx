// The ways into a claim: a bundle file, the sample, or a person from an imported network.
import { createSignal, type JSX, Show } from 'solid-js';
import { Button, LinkButton } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { Select, TextInput } from '../../components/Field.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { countText, plural, scoreShort } from '../../components/format.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { type PersonRow, type PublishedSnapshot, useServices } from '../../services.ts';
import { readBundleFile, setOpenBundle } from './open-bundle.ts';
import { openSample } from './sample-claim.ts';

/** People shown at once; a search narrows them down. */
const PEOPLE_SHOWN = 12;

export function BundleSource(): JSX.Element {
  const services = useServices();
  const file = createAction(async (files: File[]) => {
    const [first] = files;
    if (first === undefined) return;
    setOpenBundle({ bundle: await readBundleFile(first), from: first.name, sample: false });
  });
  const sample = createAction(async () => {
    setOpenBundle({ bundle: await openSample(services), from: 'the sample', sample: true });
  });

  return (
    <div class="stack-l">
      <Section title="Open your claim bundle">
        <p class="quiet">
          The file a campaign gave you. It holds what others said about you, so keep it to yourself.
        </p>
        <FileDrop
          label="Claim bundle"
          hint="A .json file. It is read here and goes nowhere."
          accept=".json,application/json"
          disabled={file.busy()}
          onFiles={(files) => file.run(files)}
        />
        <Show when={file.error()}>
          {(data) => <Notice error={data()} title="This bundle could not be opened." />}
        </Show>
      </Section>
      <Section title="Or take the sample" aside={<DemoBadge />}>
        <p class="quiet">
          A made-up neighbourhood of people who rated each other. Everything works as with real data; it just
          proves nothing.
        </p>
        <div class="row">
          <Button icon="claim" busy={sample.busy()} onClick={() => sample.run()}>
            Use the sample claim
          </Button>
        </div>
        <Show when={sample.error()}>{(data) => <Notice error={data()} />}</Show>
      </Section>
      <NetworkPeople />
    </div>
  );
}

function NetworkPeople(): JSX.Element {
  const services = useServices();
  const snapshots = createLoaded(
    () => null,
    () => services.snapshots.list(),
  );
  const [chosen, setChosen] = createSignal<string | null>(null);
  const snapshot = () => {
    const all = snapshots.value() ?? [];
    return all.find((one) => one.id === chosen()) ?? all[0] ?? null;
  };
  return (
    <Section title="Or a person from a network you imported">
      <Show
        when={snapshot()}
        keyed
        fallback={
          <EmptyState
            title={
              snapshots.error()
                ? 'Imported networks could not be read'
                : snapshots.loading()
                  ? 'Looking for imported networks'
                  : 'No network imported yet'
            }
            actions={
              <LinkButton href="/campaign" icon="campaign">
                Import a network
              </LinkButton>
            }
          >
            Bring ratings or attestations as a file, and claim for anyone in it.
          </EmptyState>
        }
      >
        {(current) => (
          <>
            <Show when={(snapshots.value() ?? []).length > 1}>
              <Select
                label="Network"
                value={current.id}
                onChange={setChosen}
                options={(snapshots.value() ?? []).map((one) => ({
                  value: one.id,
                  label: `${one.campaign.name}, ${plural(one.people, 'person', 'people')}`,
                }))}
              />
            </Show>
            <PeopleSearch snapshot={current} />
          </>
        )}
      </Show>
    </Section>
  );
}

function PeopleSearch(props: { snapshot: PublishedSnapshot }): JSX.Element {
  const services = useServices();
  const [query, setQuery] = createSignal('');
  const [opening, setOpening] = createSignal<string | null>(null);
  const people = createLoaded(
    () => ({ id: props.snapshot.id, query: query().trim() }),
    ({ id, query }) => services.snapshots.people(id, query, PEOPLE_SHOWN),
  );

  const open = createAction(async (person: PersonRow) => {
    setOpening(person.subject);
    const bundle = await services.snapshots.bundle(props.snapshot.id, person.subject);
    setOpenBundle({ bundle, from: props.snapshot.campaign.name, sample: false });
  });

  return (
    <div class="stack">
      <div class="row">
        <strong>{props.snapshot.campaign.name}</strong>
        <Show when={props.snapshot.campaign.demo}>
          <DemoBadge />
        </Show>
        <span class="quiet">{plural(props.snapshot.people, 'person', 'people')}</span>
      </div>
      <TextInput
        label="Search people"
        type="search"
        value={query()}
        onInput={setQuery}
        hint="By id. Those with the most evidence come first."
      />
      <Show when={open.error() ?? people.error()}>{(data) => <Notice error={data()} />}</Show>
      <DataTable
        caption={`People in ${props.snapshot.campaign.name}`}
        captionHidden
        rows={people.value() ?? []}
        empty={
          <p class="quiet" aria-live="polite">
            {people.loading() ? 'Searching' : people.error() ? '' : 'Nobody has an id like this.'}
          </p>
        }
        columns={[
          { id: 'subject', header: 'Person', cell: (row) => row.subject },
          {
            id: 'records',
            header: 'Attestations',
            align: 'end',
            cell: (row) => countText(row.records),
            sortBy: (row) => row.records,
          },
          {
            id: 'score',
            header: 'Score',
            align: 'end',
            cell: (row) => scoreShort(row.scorePpm),
            sortBy: (row) => row.scorePpm,
          },
          {
            id: 'open',
            header: 'Claim',
            align: 'end',
            cell: (row) => (
              <Button
                label={`Claim for ${row.subject}`}
                icon="arrow-right"
                busy={open.busy() && opening() === row.subject}
                onClick={() => open.run(row)}
              />
            ),
          },
        ]}
      />
      <Show when={people.value()?.length === PEOPLE_SHOWN}>
        <p class="quiet small">More people match; search to narrow down.</p>
      </Show>
    </div>
  );
}
