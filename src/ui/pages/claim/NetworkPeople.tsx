// People of an imported network: claim for one of them, or for many at once.
import { createSignal, type JSX, Show } from 'solid-js';
import type { PersonRow, PublishedSnapshot } from '../../../services/snapshots.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { Checkbox, Select, TextInput } from '../../components/Field.tsx';
import { countText, plural, scoreShort } from '../../components/format.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { BATCH_MAX } from './batch-plan.ts';
import { openPeopleBatch } from './open-batch.ts';
import { setOpenBundle } from './open-bundle.ts';

/** People shown at once; a search narrows them down. */
const PEOPLE_SHOWN = 12;

export function NetworkPeople(): JSX.Element {
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
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set());
  const [read, setRead] = createSignal(0);
  const choose = (subject: string, on: boolean) => {
    const next = new Set(chosen());
    if (on) next.add(subject);
    else next.delete(subject);
    setChosen(next);
  };
  const chooseAll = createAction(async () => {
    const all = await services.snapshots.people(props.snapshot.id, query().trim(), BATCH_MAX);
    setChosen(new Set([...chosen(), ...all.map(({ subject }) => subject)]));
  });
  const openMany = createAction(async () => {
    const { id, campaign } = props.snapshot;
    await openPeopleBatch(services, { id, name: campaign.name }, [...chosen()], setRead);
  });
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
      <Show when={open.error() ?? people.error() ?? chooseAll.error() ?? openMany.error()}>
        {(data) => <Notice error={data()} />}
      </Show>
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
          {
            id: 'subject',
            header: 'Person',
            cell: (row) => (
              <Checkbox
                label={row.subject}
                checked={chosen().has(row.subject)}
                onChange={(on) => choose(row.subject, on)}
              />
            ),
          },
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
      <div class="row">
        <Button icon="people" busy={chooseAll.busy()} onClick={() => void chooseAll.run()}>
          Choose all that match
        </Button>
        <Show when={chosen().size > 0}>
          <Button
            variant="primary"
            icon="arrow-right"
            busy={openMany.busy()}
            onClick={() => void openMany.run()}
          >
            {openMany.busy()
              ? `Reading ${read()} of ${chosen().size}`
              : `Claim for ${plural(chosen().size, 'person', 'people')}`}
          </Button>
          <Button variant="quiet" onClick={() => setChosen(new Set<string>())}>
            Choose none
          </Button>
        </Show>
      </div>
    </div>
  );
}
