// One proof: live while it is made, with its verdict and files when it is there, with what to do when not.
import { useNavigate } from '@solidjs/router';
import { createMemo, createSignal, type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { useServices } from '../../services.ts';
import { readClaimContext } from '../claim/claim-context.ts';
import { Again } from './Again.tsx';
import type { LiveJobs } from './create-jobs.ts';
import { Attempts, JobFacts } from './JobFacts.tsx';
import { troubleView } from './job-words.ts';
import { ResultPanel } from './ResultPanel.tsx';
import { RunningPanel } from './RunningPanel.tsx';
import { TroublePanel } from './TroublePanel.tsx';

export function ProofPage(props: { id: string; live: LiveJobs }): JSX.Element {
  const job = createMemo(() => props.live.jobs()?.find((one) => one.id === props.id) ?? null);
  // The title that a navigation put the focus on goes when the job has been read.
  createFocusKeeper(() => job() !== null);
  return (
    <Show when={job()} fallback={<NoJob live={props.live} />}>
      {(known) => <KnownJob job={known()} live={props.live} />}
    </Show>
  );
}

function NoJob(props: { live: LiveJobs }): JSX.Element {
  return (
    <Page title="Proof">
      <Show
        when={props.live.error()}
        fallback={
          <Show
            when={props.live.jobs() !== null}
            fallback={<p class="quiet">Reading what is kept on this device.</p>}
          >
            <EmptyState
              title="This proof is not on this device"
              actions={<LinkButton href="/proofs">All proofs</LinkButton>}
            >
              It was removed, or it was made in another browser.
            </EmptyState>
          </Show>
        }
      >
        {(error) => <Notice error={error()} />}
      </Show>
    </Page>
  );
}

function KnownJob(props: { job: Job; live: LiveJobs }): JSX.Element {
  const demo = createMemo(() => readClaimContext(props.job.context)?.campaign.demo === true);
  const trouble = createMemo(() => troubleView(props.job));
  const goesOn = () => trouble() === null && props.job.result === null;
  createFocusKeeper(() => `${props.job.state} ${props.job.held !== null}`);
  return (
    <Page
      title={props.job.label}
      aside={
        <Show when={demo()}>
          <DemoBadge />
        </Show>
      }
      side={
        <>
          <JobFacts job={props.job} />
          <Show when={props.job.result !== null}>
            <Again job={props.job} />
          </Show>
          <Remove job={props.job} />
        </>
      }
    >
      <Show when={goesOn()}>
        <RunningPanel job={props.job} live={props.live} />
      </Show>
      <Show when={trouble()}>{(view) => <TroublePanel job={props.job} trouble={view()} />}</Show>
      <Show when={props.job.result}>{(result) => <ResultPanel job={props.job} result={result()} />}</Show>
      <Attempts job={props.job} />
    </Page>
  );
}

function Remove(props: { job: Job }): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const [asking, setAsking] = createSignal(false);
  const remove = createAction(async () => {
    await services.jobs.remove(props.job.id);
    navigate('/proofs', { replace: true });
  });
  return (
    <div class="proof-remove">
      <Button variant="quiet" icon="trash" onClick={() => setAsking(true)}>
        Remove from this device
      </Button>
      <Dialog
        open={asking()}
        onOpenChange={setAsking}
        title="Remove this proof?"
        description="It is deleted from this device, and so is all that went into it. Files you downloaded stay."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button variant="danger" busy={remove.busy()} onClick={() => void remove.run()}>
              Remove
            </Button>
          </>
        }
      >
        <Show when={remove.error()}>{(error) => <Notice error={error()} />}</Show>
      </Dialog>
    </div>
  );
}
