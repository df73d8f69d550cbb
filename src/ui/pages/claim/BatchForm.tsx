// Many claims at once: what each would prove, what was left out and why, and the button that queues them all.
import { useNavigate } from '@solidjs/router';
import { createMemo, createSignal, For, type JSX, onCleanup, Show } from 'solid-js';
import { SHARING_WARN_BELOW } from '../../../reputation/sharing.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { Select } from '../../components/Field.tsx';
import { countText, plural, scoreShort } from '../../components/format.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Page, Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { createUsualWhere, type Where, WhereChoice } from '../servers/WhereChoice.tsx';
import {
  type AskChoice,
  askFor,
  type BatchEntry,
  type BatchGroup,
  groupsOf,
  type LeftOut,
  lockedOf,
  readiness,
} from './batch-plan.ts';
import { UnlockForm } from './ClaimantChoice.tsx';
import { askTitle } from './claim-plan.ts';
import { type OpenBatch, setOpenBatch } from './open-batch.ts';
import { submitBatch } from './submit-batch.ts';

export function BatchForm(props: { batch: OpenBatch }): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const identities = createLoaded(
    () => null,
    () => services.identities.list(),
  );
  onCleanup(services.identities.watch(identities.reload));
  const [queued, setQueued] = createSignal<ReadonlySet<BatchEntry>>(new Set());
  const [failed, setFailed] = createSignal<LeftOut[]>([]);
  const [done, setDone] = createSignal(0);
  const [choices, setChoices] = createSignal<ReadonlyMap<string, AskChoice>>(new Map());
  const left = createMemo(() => props.batch.entries.filter((entry) => !queued().has(entry)));
  const groups = createMemo(() => groupsOf(left()));
  const choiceOf = (group: Pick<BatchGroup, 'campaignSha256' | 'choices'>) =>
    choices().get(group.campaignSha256) ?? group.choices[0]?.value ?? 'best';
  const states = createMemo(() => {
    const known = identities.value() ?? [];
    return groups().flatMap((group) =>
      group.entries.map((entry) => ({ entry, state: readiness(entry, choiceOf(group), known) })),
    );
  });
  const stateOf = (entry: BatchEntry) => states().find((one) => one.entry === entry)?.state;
  const ready = () =>
    states().flatMap(({ entry, state }) =>
      state.ready ? [{ entry, askIndex: state.askIndex, identity: state.identity }] : [],
    );
  const fewSharing = () =>
    ready().filter(({ entry, askIndex }) => (entry.sharing[askIndex] ?? 1) < SHARING_WARN_BELOW).length;
  const [where, setWhere] = createSignal<Where | null>(null);
  const usualWhere = createUsualWhere(true);
  const submit = createAction(async () => {
    setFailed([]);
    setDone(0);
    const outcome = await submitBatch(services, ready(), where() ?? usualWhere(), setDone);
    setQueued(new Set([...queued(), ...outcome.added]));
    setFailed(outcome.failed);
    if (outcome.failed.length > 0 || left().length > 0) return;
    setOpenBatch(null);
    navigate('/proofs');
  });

  return (
    <Page
      title="Many claims"
      lead={
        props.batch.entries.length === 0
          ? `Nothing in ${props.batch.from} can be used.`
          : `${plural(props.batch.entries.length, 'claim', 'claims')} from ${props.batch.from}`
      }
      aside={
        <Button variant="quiet" icon="close" onClick={() => setOpenBatch(null)}>
          Close these
        </Button>
      }
      sideLabel="Make the proofs"
      side={
        <>
          <For each={lockedOf(states().map(({ state }) => state))}>
            {(identity) => (
              <Section title={`Unlock ${identity.name}`}>
                <UnlockForm identity={identity} />
              </Section>
            )}
          </For>
          <div class="stack-s">
            <Show when={submit.error() ?? identities.error()}>{(error) => <Notice error={error()} />}</Show>
            <Show when={queued().size > 0}>
              <Notice
                kind="ok"
                title={`${plural(queued().size, 'proof is', 'proofs are')} in the queue`}
                actions={<LinkButton href="/proofs">See the queue</LinkButton>}
              />
            </Show>
            <Show when={fewSharing() > 0}>
              <Notice
                kind="warn"
                title={`${plural(fewSharing(), 'claim is', 'claims are')} shared by fewer than ${SHARING_WARN_BELOW} people`}
                nextStep="Open such a bundle by itself to choose a size that more people share."
              />
            </Show>
            <Show
              when={props.batch.entries.length > 0}
              fallback={
                <Button icon="open" onClick={() => setOpenBatch(null)}>
                  Open other files
                </Button>
              }
            >
              <Button
                variant="primary"
                icon="proof"
                busy={submit.busy()}
                disabled={ready().length === 0}
                onClick={() => void submit.run()}
              >
                {submit.busy()
                  ? `Adding ${done() + 1} of ${ready().length}`
                  : `Make ${plural(ready().length, 'proof', 'proofs')}`}
              </Button>
              <p class="quiet small">
                They are saved in the queue and made one after another, each with the smallest size that fits
                and without a recipient.
              </p>
              {/* Their sizes differ, so no time is told beforehand. */}
              <WhereChoice circuit={undefined} secrets value={where()} onChange={setWhere} />
            </Show>
          </div>
        </>
      }
    >
      <For each={groups()}>
        {(group) => (
          <Section
            title={group.campaign.name}
            aside={
              <Show when={group.campaign.demo}>
                <DemoBadge />
              </Show>
            }
          >
            <Show when={group.choices.length > 1}>
              <Select
                label="What to prove"
                value={choiceOf(group)}
                onChange={(choice) => setChoices(new Map(choices()).set(group.campaignSha256, choice))}
                options={group.choices}
              />
            </Show>
            <DataTable
              caption={`Claims in ${group.campaign.name}`}
              captionHidden
              rows={group.entries}
              columns={[
                { id: 'subject', header: 'Person', cell: (entry) => entry.subject },
                {
                  id: 'score',
                  header: 'Score',
                  align: 'end',
                  cell: (entry) => scoreShort(entry.scorePpm),
                  sortBy: (entry) => entry.scorePpm,
                },
                {
                  id: 'sharing',
                  header: 'Shared by',
                  align: 'end',
                  cell: (entry) => {
                    const index = askFor(entry, choiceOf(group));
                    return index === null ? '' : countText(entry.sharing[index] ?? 1);
                  },
                },
                {
                  id: 'proves',
                  header: 'Proves',
                  cell: (entry) => {
                    const state = stateOf(entry);
                    if (state === undefined) return '';
                    const ask = state.ready ? group.campaign.asks[state.askIndex] : undefined;
                    return ask === undefined ? (
                      <span class="quiet">{state.ready ? '' : state.why}</span>
                    ) : (
                      askTitle(ask)
                    );
                  },
                },
              ]}
            />
          </Section>
        )}
      </For>
      <LeftOutList title="Not queued" rows={failed()} />
      <LeftOutList title="Left out" rows={props.batch.leftOut} />
    </Page>
  );
}

function LeftOutList(props: { title: string; rows: readonly LeftOut[] }): JSX.Element {
  return (
    <Show when={props.rows.length > 0}>
      <Section title={props.title} aside={<span class="quiet numbers">{countText(props.rows.length)}</span>}>
        <DataTable
          caption={props.title}
          captionHidden
          rows={props.rows}
          columns={[
            { id: 'name', header: 'From', cell: (row) => row.name },
            { id: 'reason', header: 'Why', cell: (row) => row.reason },
          ]}
        />
      </Section>
    </Show>
  );
}
