// A proof that stopped: what happened, why, and what can be done, with the button that does it.
import { createSignal, type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { UnlockDialog } from '../identity/UnlockDialog.tsx';
import { codeWords, type TroubleView } from './job-words.ts';

export function TroublePanel(props: { job: Job; trouble: TroubleView }): JSX.Element {
  const services = useServices();
  const [unlocking, setUnlocking] = createSignal(false);
  const retry = createAction(() => services.jobs.retry(props.job.id));
  const cancel = createAction(() => services.jobs.cancel(props.job.id));
  const waits = () => props.job.state === 'queued';
  const kind = () => (props.job.state === 'cancelled' ? 'info' : waits() ? 'warn' : 'error');
  const ownCircuitHref = () =>
    props.job.context.kind === 'own-circuit'
      ? `/circuit-list/${encodeURIComponent(props.job.circuit.id)}`
      : null;
  return (
    <div class="stack">
      <Notice
        kind={kind()}
        title={props.trouble.what}
        actions={
          <>
            <Show when={props.trouble.retry.offered && props.trouble.lockedIdentityId !== null}>
              <Button variant="primary" icon="unlock" onClick={() => setUnlocking(true)}>
                Unlock and go on
              </Button>
            </Show>
            <Show when={props.trouble.retry.offered && props.trouble.lockedIdentityId === null}>
              <Button variant="primary" icon="retry" busy={retry.busy()} onClick={() => void retry.run()}>
                Try again
              </Button>
            </Show>
            <Show when={!props.trouble.retry.offered}>
              <Show
                when={ownCircuitHref()}
                fallback={
                  <LinkButton href="/claim" icon="claim">
                    Start from the claim
                  </LinkButton>
                }
              >
                {(href) => (
                  <LinkButton href={href()} icon="circuit">
                    Start from the circuit
                  </LinkButton>
                )}
              </Show>
            </Show>
            <Show when={waits()}>
              <Button icon="close" busy={cancel.busy()} onClick={() => void cancel.run()}>
                Cancel
              </Button>
            </Show>
          </>
        }
      >
        <Show when={props.trouble.where}>
          {(where) => (
            <p class="notice-where">
              Where: <span class="mono">{where()}</span>
            </p>
          )}
        </Show>
        <p>{props.trouble.nextStep}</p>
        <Show when={props.trouble.lockedIdentityId === null}>
          <p>{props.trouble.retry.why}</p>
        </Show>
        <p class="small quiet">Kind of fault: {codeWords(props.trouble.code)}</p>
      </Notice>
      <Show when={props.trouble.retry.offered}>
        <PrivacyNote />
      </Show>
      <Show when={retry.error() ?? cancel.error()}>{(error) => <Notice error={error()} />}</Show>
      <Show when={props.trouble.lockedIdentityId}>
        {(identityId) => (
          <UnlockDialog
            identityId={identityId()}
            open={unlocking()}
            onOpenChange={setUnlocking}
            then="go on with the proof"
            onUnlocked={() => void retry.run()}
          />
        )}
      </Show>
    </div>
  );
}
