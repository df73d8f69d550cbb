// The queue: proofs under way and waiting, in the order they will run, and all that were made on this device.
import { useNavigate } from '@solidjs/router';
import { type Accessor, createMemo, createSignal, type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Select, TextInput } from '../../components/Field.tsx';
import { countText } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page, Section } from '../../components/Page.tsx';
import { createActing, createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { startSampleClaim } from '../claim/sample-claim.ts';
import type { LiveJobs } from './create-jobs.ts';
import { LongList } from './LongList.tsx';
import { PauseQueue, QueuePaused } from './PauseQueue.tsx';
import { QueueRow } from './QueueRow.tsx';
import { type Ended, queueView } from './queue-view.ts';

/** With fewer there is nothing to search. */
const SEARCH_FROM = 5;

export function ProofsPage(props: { live: LiveJobs }): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const sample = createAction(async () => navigate(`/proofs/${await startSampleClaim(services)}`));
  const [query, setQuery] = createSignal('');
  const [ended, setEnded] = createSignal<Ended | 'all'>('all');
  const [removing, setRemoving] = createSignal<Job | null>(null);
  const jobs = () => props.live.jobs() ?? [];
  const byId = createMemo(() => new Map(jobs().map((job) => [job.id, job])));
  const view = createMemo(() => queueView(jobs(), { query: query(), ended: ended() }, Date.now()));
  const active = idsOf(() => view().active);
  const history = idsOf(() => view().history);
  const acting = createActing();
  const remove = createAction(async () => {
    const job = removing();
    if (job !== null) await services.jobs.remove(job.id);
    setRemoving(null);
  });
  const row = (id: string, place: () => { at: number; of: number }) => (
    <Show when={byId().get(id)}>
      {(job) => (
        <QueueRow job={job()} live={props.live} place={place()} act={acting.run} onRemove={setRemoving} />
      )}
    </Show>
  );
  return (
    <Page
      title="Proofs"
      lead="Proofs made on this device, and those under way. They are kept here until you remove them."
      aside={
        <Show when={jobs().length > 0}>
          <LinkButton href="/claim" icon="plus">
            New claim
          </LinkButton>
        </Show>
      }
    >
      <Show when={props.live.error()}>{(error) => <Notice error={error()} />}</Show>
      <Show when={props.live.jobs() !== null} fallback={<Loading failed={props.live.error() !== null} />}>
        <Show
          when={jobs().length > 0}
          fallback={
            <EmptyState
              title="No proofs yet"
              actions={
                <>
                  <Button
                    variant="primary"
                    icon="proof"
                    busy={sample.busy()}
                    onClick={() => void sample.run()}
                  >
                    {sample.busy() ? 'Preparing the sample' : 'Make a proof with the sample'}
                  </Button>
                  <LinkButton href="/claim" icon="open">
                    Open a claim bundle
                  </LinkButton>
                </>
              }
            >
              Open the claim bundle that a campaign gave you, or try the sample: it needs nothing of yours.
            </EmptyState>
          }
        >
          <Show when={acting.error()}>{(error) => <Notice error={error()} />}</Show>
          <Show when={props.live.queuePaused()}>
            <QueuePaused running={active().some((id) => byId().get(id)?.state === 'running')} />
          </Show>
          <Show when={active().length > 0}>
            <Section
              title="Under way and waiting"
              aside={
                <div class="row">
                  <span class="quiet numbers">{countText(active().length)}</span>
                  <Show when={!props.live.queuePaused()}>
                    <PauseQueue act={acting.run} />
                  </Show>
                </div>
              }
            >
              <LongList label="Under way and waiting" ids={active()} row={row} />
            </Section>
          </Show>
          <Show when={view().ended > 0}>
            <Section
              title="Done"
              aside={
                <span class="quiet numbers" aria-live="polite">
                  {history().length === view().ended
                    ? countText(view().ended)
                    : `${countText(history().length)} of ${countText(view().ended)}`}
                </span>
              }
            >
              <Show when={view().ended >= SEARCH_FROM}>
                <div class="proof-search">
                  <TextInput label="Search" type="search" value={query()} onInput={setQuery} />
                  <Select
                    label="Show"
                    value={ended()}
                    onChange={setEnded}
                    options={[
                      { value: 'all', label: 'All that ended' },
                      { value: 'succeeded', label: 'Only proved' },
                      { value: 'failed', label: 'Only failed' },
                      { value: 'cancelled', label: 'Only cancelled' },
                    ]}
                  />
                </div>
              </Show>
              <Show
                when={history().length > 0}
                fallback={<p class="quiet">Nothing matches. Change the search to see more.</p>}
              >
                <LongList label="Done" ids={history()} row={row} />
              </Show>
            </Section>
          </Show>
          <Dialog
            open={removing() !== null}
            onOpenChange={(open) => {
              if (!open) setRemoving(null);
            }}
            title="Remove this proof?"
            description={`${removing()?.label ?? 'It'} is deleted from this device, and so is all that went into it. Files you downloaded stay.`}
            footer={
              <>
                <Button onClick={() => setRemoving(null)}>Keep it</Button>
                <Button variant="danger" busy={remove.busy()} onClick={() => void remove.run()}>
                  Remove
                </Button>
              </>
            }
          >
            <Show when={remove.error()}>{(error) => <Notice error={error()} />}</Show>
          </Dialog>
        </Show>
      </Show>
      <Show when={sample.error()}>
        {(error) => <Notice title="The sample could not be started" error={error()} />}
      </Show>
    </Page>
  );
}

function Loading(props: { failed: boolean }): JSX.Element {
  return (
    <Show when={!props.failed}>
      <p class="quiet">Reading what is kept on this device.</p>
    </Show>
  );
}

/** Only the ids, so that a row is made anew when a job comes or moves, not whenever it changes. */
function idsOf(jobs: Accessor<readonly Job[]>): Accessor<string[]> {
  return createMemo(() => jobs().map(({ id }) => id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
}
