// All proofs on this device, newest first: what each is, how far it is, where it ran.
import { A, useNavigate } from '@solidjs/router';
import { createMemo, For, type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { timeText } from '../../components/format.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { readClaimContext } from '../claim/claim-context.ts';
import { startSampleClaim } from '../claim/sample-claim.ts';
import type { LiveJobs } from './create-jobs.ts';
import { createNow } from './create-now.ts';
import { leftMs, nowWords, PRIVACY_WORDS, STATE_WORDS, timeLeftWords, whereItRan } from './job-words.ts';

export function ProofsPage(props: { live: LiveJobs }): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const sample = createAction(async () => navigate(`/proofs/${await startSampleClaim(services)}`));
  const jobs = () => props.live.jobs() ?? [];
  const ids = createMemo(() => jobs().map((job) => job.id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
  const byId = createMemo(() => new Map(jobs().map((job) => [job.id, job])));
  return (
    <Page
      title="Proofs"
      lead="Proofs made on this device, and those under way. They are kept here until you remove them."
      aside={
        <Show when={ids().length > 0}>
          <LinkButton href="/claim" icon="plus">
            New claim
          </LinkButton>
        </Show>
      }
    >
      <Show when={props.live.error()}>{(error) => <Notice error={error()} />}</Show>
      <Show when={props.live.jobs() !== null} fallback={<Loading failed={props.live.error() !== null} />}>
        <Show
          when={ids().length > 0}
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
          <ul class="proof-list">
            <For each={ids()}>
              {(id) => (
                <Show when={byId().get(id)}>{(job) => <ProofRow job={job()} live={props.live} />}</Show>
              )}
            </For>
          </ul>
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

function ProofRow(props: { job: Job; live: LiveJobs }): JSX.Element {
  const goesOn = () => props.job.state === 'queued' || props.job.state === 'running';
  const now = createNow(goesOn);
  const live = () => props.live.progressOf(props.job.id);
  const words = () => {
    if (!goesOn()) return STATE_WORDS[props.job.state];
    const left = timeLeftWords(leftMs(live(), now()));
    const what = nowWords(props.job, live(), now());
    return left === null ? what : `${what}, ${left}`;
  };
  return (
    <li class="panel proof-row">
      <div class="proof-row-head">
        <A href={`/proofs/${encodeURIComponent(props.job.id)}`} class="proof-row-name">
          {props.job.label}
        </A>
        <Show when={readClaimContext(props.job.context)?.campaign.demo}>
          <DemoBadge />
        </Show>
        <span class={`proof-state proof-state-${props.job.held === null ? props.job.state : 'held'}`}>
          {words()}
        </span>
      </div>
      <div class="proof-row-foot quiet small">
        <span>{timeText(props.job.createdAtMs)}</span>
        <span>{whereItRan(props.job)}</span>
        <span>{PRIVACY_WORDS[props.job.privacy]}</span>
      </div>
    </li>
  );
}
