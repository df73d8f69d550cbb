// The claims accepted on this device: kept, exported, cleared after a question.
import { createSignal, type JSX, Show } from 'solid-js';
import { toErrorData } from '../../../core/errors.ts';
import type { AcceptedClaim } from '../../../services/verification.ts';
import { Button } from '../../components/Button.tsx';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { saveFile } from '../../components/files.ts';
import { plural, timeText } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { acceptedCsv } from './words.ts';

export interface AcceptedListProps {
  /** Newest first; undefined while they are being read. */
  claims: readonly AcceptedClaim[] | undefined;
  error: unknown;
  onClear: () => Promise<void>;
}

/** The export holds all. */
const SHOWN_MAX = 100;

const COLUMNS: Column<AcceptedClaim>[] = [
  {
    id: 'claimant',
    header: 'Claimant says',
    cell: (claim) => (
      <bdi class="verify-payload">{claim.claimantPayload === '' ? '–' : claim.claimantPayload}</bdi>
    ),
    sortBy: (claim) => claim.claimantPayload,
  },
  {
    id: 'shows',
    header: 'Shows',
    cell: (claim) => <span class="verify-list-cell">{claim.shows ?? ''}</span>,
  },
  {
    id: 'campaign',
    header: 'Campaign',
    cell: (claim) => (
      <>
        {claim.campaignName} <Show when={claim.demo}>{<DemoBadge />}</Show>
      </>
    ),
    sortBy: (claim) => claim.campaignName,
  },
  {
    id: 'time',
    header: 'Accepted',
    cell: (claim) => <span class="numbers verify-list-cell">{timeText(claim.acceptedAtMs)}</span>,
    sortBy: (claim) => claim.acceptedAtMs,
  },
  {
    id: 'nullifier',
    header: 'Nullifier',
    cell: (claim) => <Hash value={claim.nullifier} what="nullifier" head={6} tail={4} />,
  },
];

export function AcceptedList(props: AcceptedListProps): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  const claims = () => props.claims ?? [];
  const clear = async () => {
    setAsking(false);
    await props.onClear();
  };
  return (
    <Section
      title="Accepted claims"
      aside={
        <Show when={claims().length > 0}>
          <div class="row">
            <Button
              icon="download"
              onClick={() => saveFile('accepted-claims.csv', acceptedCsv(claims()), 'text/csv')}
            >
              Export CSV
            </Button>
            <Button variant="quiet" icon="trash" onClick={() => setAsking(true)}>
              Clear
            </Button>
          </div>
        </Show>
      }
    >
      <Show when={props.error}>{(thrown) => <Notice error={toErrorData(thrown())} />}</Show>
      <DataTable
        caption={`${plural(claims().length, 'claim', 'claims')} accepted on this device`}
        columns={COLUMNS}
        rows={claims().slice(0, SHOWN_MAX)}
        empty={
          <p class="quiet">None yet. A claim that passes every check is kept here, once for each person.</p>
        }
      />
      <Show when={claims().length > SHOWN_MAX}>
        <p class="small quiet">The newest {SHOWN_MAX} are shown; the export holds all.</p>
      </Show>
      <Dialog
        open={asking()}
        onOpenChange={setAsking}
        title="Clear the accepted list?"
        description={`${plural(claims().length, 'claim', 'claims')} will be forgotten. Each could then be accepted once more. Export the list first if you need it.`}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button variant="danger" icon="trash" onClick={() => void clear()}>
              Clear the list
            </Button>
          </>
        }
      />
    </Section>
  );
}
