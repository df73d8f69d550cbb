// Making a proof once more: a new one from what is still kept of the first, or what to do when that is gone.
import { A, useNavigate } from '@solidjs/router';
import { type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { Button } from '../../components/Button.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { seesWords } from '../servers/server-words.ts';
import { PRIVACY_WORDS } from './job-words.ts';

export function Again(props: { job: Job }): JSX.Element {
  const { jobs, servers } = useServices();
  const navigate = useNavigate();
  /** The server that was chosen for the first one gets the next one too, by name. */
  const chosen = () => {
    const { sendTo } = props.job;
    return servers.list().find(({ id }) => `server:${id}` === sendTo)?.name;
  };
  const again = createAction(async () => {
    const made = await jobs.again(props.job.id);
    navigate(`/proofs/${encodeURIComponent(made.id)}`);
  });
  return (
    <Section title="Prove it again">
      <Show when={props.job.inputKept} fallback={<Gone job={props.job} />}>
        <p class="quiet small">
          Makes one more proof from what is kept of this one.
          <Show when={props.job.context.kind === 'claim'}>
            {' '}
            A verifier who took the first answers “already used” to the second.
          </Show>
        </p>
        <div class="row">
          <Button icon="retry" busy={again.busy()} onClick={() => void again.run()}>
            Prove again
          </Button>
          <Show when={props.job.privacy === 'may-offload'} fallback={<PrivacyNote />}>
            <Show
              when={chosen()}
              fallback={<span class="privacy">{PRIVACY_WORDS['may-offload']}, as the first one</span>}
            >
              {(server) => <PrivacyNote server={server()} sees={seesWords(props.job.secrets.length > 0)} />}
            </Show>
          </Show>
        </div>
        <Show when={again.error()}>{(error) => <Notice error={error()} />}</Show>
      </Show>
    </Section>
  );
}

function Gone(props: { job: Job }): JSX.Element {
  const own = () => props.job.context.kind === 'own-circuit';
  return (
    <p class="quiet small">
      What went into it was deleted when it was done.{' '}
      <Show
        when={own()}
        fallback={
          <>
            To prove it again, <A href="/claim">open the claim bundle</A>.
          </>
        }
      >
        To prove it again,{' '}
        <A href={`/circuit-list/${encodeURIComponent(props.job.circuit.id)}`}>enter it at the circuit</A>.
      </Show>{' '}
      What is kept is set under <A href="/settings">Settings</A>.
    </p>
  );
}
