// Pausing the whole queue, and letting it go on: the button, and the notice that stands while it is paused.
import { type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';

export function PauseQueue(props: { act: (work: () => Promise<void>) => void }): JSX.Element {
  const { jobs } = useServices();
  return (
    <Button
      icon="pause"
      title="What is under way is finished; nothing more begins"
      onClick={() => props.act(() => jobs.setQueuePaused(true))}
    >
      Pause all
    </Button>
  );
}

/** `running`: a proof is still being finished. */
export function QueuePaused(props: { running: boolean }): JSX.Element {
  const { jobs } = useServices();
  const goOn = createAction(() => jobs.setQueuePaused(false));
  return (
    <Notice
      kind="warn"
      title="The queue is paused"
      actions={
        <Button variant="primary" icon="play" busy={goOn.busy()} onClick={() => void goOn.run()}>
          Go on
        </Button>
      }
    >
      <p>
        {props.running
          ? 'The proof under way is finished first; nothing more begins until you let it go on.'
          : 'Nothing begins until you let it go on, also after a reload.'}
      </p>
      <Show when={goOn.error()}>{(error) => <Notice error={error()} />}</Show>
    </Notice>
  );
}
