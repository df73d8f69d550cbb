// Asks before the page reloads into a new version, and waits for a proof that is being made.
import { createEffect, createSignal, type JSX, onCleanup, onMount, Show } from 'solid-js';
import { Button } from '../components/Button.tsx';
import { useServices } from '../services.ts';

/** A new version that waits; `apply` activates it and reloads. */
export interface AppUpdate {
  apply: () => void;
}

export function UpdatePrompt(props: { update: AppUpdate | null }): JSX.Element {
  const { jobs } = useServices();
  const [running, setRunning] = createSignal(0);
  const [agreed, setAgreed] = createSignal(false);
  const [hidden, setHidden] = createSignal(false);

  const count = async () => {
    const all = await jobs.list();
    setRunning(all.filter((job) => job.state === 'running').length);
  };
  onMount(() => {
    count().catch(() => setRunning(0));
    onCleanup(
      jobs.watch((event) => {
        if (event.type !== 'progress') count().catch(() => setRunning(0));
      }),
    );
  });
  createEffect(() => {
    if (agreed() && running() === 0) props.update?.apply();
  });

  return (
    <div aria-live="polite">
      <Show when={props.update !== null && !hidden()}>
        <div class="update">
          <p>
            {agreed()
              ? 'Reloads as soon as the proof is done.'
              : 'A new version is ready. Your proofs and identities stay.'}
          </p>
          <div class="row">
            <Button variant="primary" icon="refresh" busy={agreed()} onClick={() => setAgreed(true)}>
              {running() > 0 ? 'Reload after the proof' : 'Reload'}
            </Button>
            <Button
              variant="quiet"
              onClick={() => {
                setAgreed(false);
                setHidden(true);
              }}
            >
              Later
            </Button>
          </div>
        </div>
      </Show>
    </div>
  );
}
