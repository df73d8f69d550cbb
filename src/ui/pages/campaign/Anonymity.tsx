// How many people stand behind a claim of each size: what size and bounds give away.
import { type JSX, Show } from 'solid-js';
import { askInWords } from '../../../reputation/ask.ts';
import { SHARING_WARN_BELOW } from '../../../reputation/sharing.ts';
import type { PublishedSnapshot } from '../../../services/snapshots.ts';
import { DataTable } from '../../components/DataTable.tsx';
import { countText, plural } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';

export function Anonymity(props: { snapshot: PublishedSnapshot }): JSX.Element {
  const campaign = () => props.snapshot.campaign;
  const ask = () => campaign().asks[0]!;
  const isExact = () => campaign().asks.some(({ type }) => type === 'exact');
  const few = () =>
    campaign().circuits.filter(({ sharing }) => sharing[0]! > 0 && sharing[0]! < SHARING_WARN_BELOW);
  return (
    <Section title="Who could it be">
      <p class="small">
        A claim shows its size and what it proves. The more people share both, the less it tells who someone
        is.
      </p>
      <DataTable
        caption="People by size"
        captionHidden
        columns={[
          { id: 'size', header: 'Size', cell: (row) => `Up to ${countText(row.capacity)}` },
          { id: 'people', header: 'People', align: 'end', cell: (row) => countText(row.subjects) },
          {
            id: 'sharing',
            header: ask().type === 'exact' ? 'Score shared by 20' : 'Can claim',
            align: 'end',
            cell: (row) => countText(row.sharing[0]!),
          },
        ]}
        rows={campaign().circuits}
      />
      <p class="small quiet">Asked: {askInWords(ask())}.</p>
      <Show when={props.snapshot.people < SHARING_WARN_BELOW}>
        <Notice
          kind="warn"
          title={`Only ${plural(props.snapshot.people, 'person is', 'people are')} in this snapshot`}
        >
          Any claim narrows it down to them. Wait until more have registered.
        </Notice>
      </Show>
      <Show when={!isExact() && campaign().circuits.every(({ sharing }) => sharing[0] === 0)}>
        <Notice kind="warn" title="Nobody can make this claim">
          No score in the snapshot is {askInWords(ask())}. Publish again with other terms.
        </Notice>
      </Show>
      <Show when={!isExact() && few().length > 0}>
        <Notice kind="warn" title="Few could make the same claim">
          {few()
            .map(
              ({ capacity, sharing }) =>
                `${plural(sharing[0]!, 'person', 'people')} up to ${countText(capacity)}`,
            )
            .join(', ')}
          . They may use a larger accepted size to be among more.
        </Notice>
      </Show>
      <Show when={props.snapshot.uniqueScores > 0}>
        <Notice
          kind={isExact() ? 'warn' : 'info'}
          title={`${plural(props.snapshot.uniqueScores, 'person has', 'people have')} a score that nobody else has`}
        >
          {isExact()
            ? 'Their exact claim tells who they are to anyone who has the snapshot file.'
            : 'An exact claim would tell who they are; this campaign does not ask for one.'}
        </Notice>
      </Show>
    </Section>
  );
}
