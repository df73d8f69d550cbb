// The button that publishes, and while it works: how far it is, what is happening, and a way to stop.
import { type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { aboutMs } from '../../components/format.ts';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { ProgressBar } from '../../components/StageBar.tsx';
import type { Publishing } from './create-publishing.ts';

export function PublishBar(props: { publishing: Publishing; onPublish: () => void }): JSX.Element {
  const state = () => props.publishing.state;
  const wrong = () => Object.keys(state().problems).length;
  const words = () => {
    const progress = state().progress;
    if (progress === null) return '';
    return progress.etaMs === null ? progress.step : `${progress.step}, ${aboutMs(progress.etaMs)} left`;
  };
  return (
    <div class="stack">
      <Show when={state().publishError}>{(error) => <Notice error={error()} />}</Show>
      <Show when={wrong() > 0}>
        <Notice
          kind="error"
          title={wrong() === 1 ? 'One field needs another look' : `${wrong()} fields need another look`}
        >
          What is wrong stands below each.
        </Notice>
      </Show>
      <Show
        when={state().progress}
        fallback={
          <div class="row">
            <Button
              variant="primary"
              icon="campaign"
              disabled={state().facts === null}
              onClick={() => props.onPublish()}
            >
              Publish the snapshot
            </Button>
            <PrivacyNote />
          </div>
        }
      >
        {(progress) => (
          <>
            <ProgressBar label="Publishing" fraction={progress().fraction} words={words()} />
            <div class="row">
              <Button icon="close" onClick={() => props.publishing.cancel()}>
                Cancel
              </Button>
              <PrivacyNote />
            </div>
          </>
        )}
      </Show>
    </div>
  );
}
