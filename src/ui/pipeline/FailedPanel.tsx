// A proof that stopped: what happened, and what to do next.
import { type JSX, Show } from 'solid-js';
import { Button } from '../components/Button.tsx';
import { Notice } from '../components/Notice.tsx';
import { createAction } from '../create-action.ts';
import type { Pipeline } from './create-pipeline.ts';

export function FailedPanel(props: { pipeline: Pipeline }): JSX.Element {
  const retry = createAction(() => props.pipeline.retry());
  const job = () => props.pipeline.job();
  const cancelled = () => job()?.state === 'cancelled';
  return (
    <div class="stack" part="failure">
      <Show
        when={!cancelled() && job()?.error}
        fallback={
          <Notice kind="info" title="Cancelled">
            Nothing of it goes on.
          </Notice>
        }
      >
        {(error) => <Notice error={{ ...error(), group: 'internal' }} title="The proof was not made" />}
      </Show>
      <div class="row pipeline-actions">
        <Show when={!cancelled() && job()?.error?.retryable}>
          <Button
            variant="primary"
            icon="retry"
            part="button"
            busy={retry.busy()}
            onClick={() => void retry.run()}
          >
            Try again
          </Button>
        </Show>
        <Button icon="arrow-left" onClick={() => props.pipeline.reset()}>
          Start over
        </Button>
      </div>
    </div>
  );
}
