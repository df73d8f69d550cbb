// Before the click: what would be shown, how long it takes, where it runs.
import { type JSX, Show } from 'solid-js';
import { Button } from '../components/Button.tsx';
import { PrivacyNote } from '../components/Marks.tsx';
import { Notice } from '../components/Notice.tsx';
import type { Pipeline } from './create-pipeline.ts';
import { basisWords, predictionWords } from './pipeline-words.ts';

export function ReadyPanel(props: { pipeline: Pipeline; asked: boolean }): JSX.Element {
  const plan = () => props.pipeline.plan();
  const server = () => props.pipeline.servers().find(({ id }) => id === props.pipeline.where());
  return (
    <>
      <Show when={props.asked} fallback={<p class="quiet">There is nothing to prove yet.</p>}>
        <Show when={plan()} fallback={<Show when={!props.pipeline.problem()}>{<Looking />}</Show>}>
          {(known) => (
            <div class="stack-s">
              <p>
                Shows <strong>{known().shows}</strong>
                <Show when={known().developmentKey}>
                  <span class="quiet"> with a development key, which anyone can forge with</span>
                </Show>
                .
              </p>
              <p part="prediction" class="numbers">
                {predictionWords(known())} <span class="quiet">{basisWords(known())}</span>
              </p>
              <Show when={props.pipeline.servers().length > 0}>
                <p class="quiet small" part="placement">
                  Runs {known().placement}.
                </p>
              </Show>
            </div>
          )}
        </Show>
      </Show>
      <Show when={props.pipeline.problem()}>
        {(problem) => (
          <Notice
            error={{ ...problem(), group: 'input' }}
            actions={
              <Show when={problem().retryable}>
                <Button icon="retry" onClick={() => props.pipeline.reset()}>
                  Look again
                </Button>
              </Show>
            }
          />
        )}
      </Show>
      <div class="row pipeline-actions">
        <Button
          variant="primary"
          icon="proof"
          part="button"
          busy={props.pipeline.starting()}
          disabled={plan() === null}
          onClick={() => void props.pipeline.start()}
        >
          Make the proof
        </Button>
        <Show when={server()} fallback={<HereNote pipeline={props.pipeline} />}>
          {(to) => <PrivacyNote server={to().name} sees="everything that goes into the proof" />}
        </Show>
      </div>
    </>
  );
}

function HereNote(props: { pipeline: Pipeline }): JSX.Element {
  return (
    <Show when={props.pipeline.where() === 'sooner'} fallback={<PrivacyNote />}>
      <span class="privacy">May go to a server that you allowed, when that is sooner</span>
    </Show>
  );
}

function Looking(): JSX.Element {
  return (
    <p class="quiet" role="status">
      Looking how long it will take
    </p>
  );
}
