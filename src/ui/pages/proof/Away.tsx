// A proof that may leave this device: what it waits for while it goes nowhere, and the way to have it made here.
import { type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { createServers } from '../servers/create-servers.ts';

export function Away(props: {
  job: Job;
  /** The server that makes it now. */
  server: string | undefined;
}): JSX.Element {
  const services = useServices();
  const live = createServers('allowed');
  const keep = createAction(() => services.jobs.keepHere(props.job.id));
  const waiting = () => {
    const { state, held, paused, circuit, privacy, sendTo } = props.job;
    if (state !== 'queued' || held !== null || paused) return null;
    live.servers();
    const { backendId, reason } = services.servers.foresee({
      circuit,
      privacy,
      ...(sendTo === undefined ? {} : { sendTo }),
      secrets: props.job.secrets.length > 0,
      soFar: props.job,
    });
    return backendId === null ? reason : null;
  };
  const offered = () => waiting() !== null || props.server !== undefined;
  return (
    <>
      <Show when={waiting()}>
        {(reason) => (
          <Notice kind="info" title="It cannot begin yet">
            It waits: {reason()}.
          </Notice>
        )}
      </Show>
      <Show when={offered()}>
        <div class="row">
          <Button icon="device" busy={keep.busy()} onClick={() => void keep.run()}>
            Make it on this device instead
          </Button>
        </div>
      </Show>
      <Show when={keep.error()}>{(error) => <Notice error={error()} />}</Show>
    </>
  );
}
