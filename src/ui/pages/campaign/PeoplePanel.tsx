// The people of a snapshot: find one, hand out their bundle, or claim for them.
import { createResource, createSignal, type JSX, Show } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { writeBundle } from '../../../reputation/bundle.ts';
import type { PersonRow, PublishedSnapshot } from '../../../services/snapshots.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { TextInput } from '../../components/Field.tsx';
import { saveFile } from '../../components/files.ts';
import { countText, scoreShort } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { useServices } from '../../services.ts';
import { fileStem } from './campaign-files.ts';

const SHOWN_MAX = 12;

export function PeoplePanel(props: { snapshot: PublishedSnapshot }): JSX.Element {
  const { snapshots } = useServices();
  const [query, setQuery] = createSignal('');
  const [error, setError] = createSignal<ErrorData | null>(null);
  const [people] = createResource(
    () => ({ id: props.snapshot.id, query: query() }),
    async ({ id, query: wanted }) => {
      try {
        const found = await snapshots.people(id, wanted, SHOWN_MAX);
        setError(null);
        return found;
      } catch (thrown) {
        setError(toErrorData(thrown));
        return [];
      }
    },
  );
  const saveBundle = async (subject: string) => {
    setError(null);
    try {
      const bundle = await snapshots.bundle(props.snapshot.id, subject);
      saveFile(
        `${fileStem(props.snapshot.campaign.name)}.${fileStem(subject, 'person')}.bundle.json`,
        writeBundle(bundle),
      );
    } catch (thrown) {
      setError(toErrorData(thrown));
    }
  };
  const claimHref = (subject: string) =>
    `/claim#${new URLSearchParams({ snapshot: props.snapshot.id, subject })}`;

  return (
    <Section title="People">
      <TextInput
        label="Find a person"
        type="search"
        value={query()}
        onInput={setQuery}
        hint={`${countText(props.snapshot.people)} in this snapshot. Those with most evidence come first.`}
      />
      <Show when={error()}>{(data) => <Notice error={data()} />}</Show>
      <DataTable<PersonRow>
        caption="People found"
        captionHidden
        columns={[
          {
            id: 'subject',
            header: 'Person',
            cell: (person) => <span class="campaign-subject">{person.subject}</span>,
          },
          {
            id: 'records',
            header: 'Records',
            align: 'end',
            cell: (person) => <span class="numbers">{countText(person.records)}</span>,
          },
          {
            id: 'score',
            header: 'Score',
            align: 'end',
            cell: (person) => <span class="numbers">{scoreShort(person.scorePpm)}</span>,
          },
          {
            id: 'actions',
            header: 'Hand out',
            align: 'end',
            cell: (person) => (
              <span class="campaign-actions">
                <Button
                  icon="download"
                  aria-label={`Save the bundle of ${person.subject}`}
                  onClick={() => void saveBundle(person.subject)}
                >
                  <span class="campaign-wide-only">Bundle</span>
                </Button>
                <LinkButton
                  variant="quiet"
                  href={claimHref(person.subject)}
                  aria-label={`Claim for ${person.subject}`}
                >
                  Claim
                </LinkButton>
              </span>
            ),
          },
        ]}
        rows={people.latest ?? []}
        empty={
          <Show when={!people.loading}>
            <p class="quiet">Nobody by that name.</p>
          </Show>
        }
      />
    </Section>
  );
}
