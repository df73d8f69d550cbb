// One proof from "how long will it take" to the file: for the app's own pages, and as <proof-pipeline> for others'.
import { type Accessor, createEffect, createMemo, type JSX, Match, on, Show, Switch } from 'solid-js';
import type { Gnomon, ProofError, ProofRequest } from '../../client/types.ts';
import { Icon } from '../components/Icon.tsx';
import { Notice } from '../components/Notice.tsx';
import { createPipeline, type Pipeline } from './create-pipeline.ts';
import { DonePanel } from './DonePanel.tsx';
import { FailedPanel } from './FailedPanel.tsx';
import { FiguresLine } from './FiguresLine.tsx';
import { ReadyPanel } from './ReadyPanel.tsx';
import { ServersPanel } from './ServersPanel.tsx';
import { WorkingPanel } from './WorkingPanel.tsx';

export interface ProofPipelineProps {
  client: Gnomon;
  /** Null: nothing to prove yet. */
  request: ProofRequest | null;
  /** A proof to show at first. */
  jobId?: string | null;
  /** What it is called: "Proof" when left out. */
  label?: string;
  /** Something is wrong with how it was set up: nothing can be started; a proof that was goes on beneath. */
  problem?: ProofError | null;
  /** Which proof it shows, told before the first event of it; null: none. */
  onJob?: (id: string | null) => void;
  /** Something that keeps the proof from being started; null once it does not. */
  onProblem?: (problem: ProofError | null) => void;
  /** For whoever starts and cancels from outside. */
  ref?: (pipeline: Pipeline) => void;
}

export function ProofPipeline(props: ProofPipelineProps): JSX.Element {
  // Another client is another component: whoever changes it draws anew.
  const pipeline = createPipeline(props.client, () => props.request, props.jobId ?? null);
  props.ref?.(pipeline);
  createEffect(on(pipeline.jobId, (id) => props.onJob?.(id)));
  createEffect(
    on(
      () => props.problem ?? pipeline.problem(),
      (problem) => props.request !== null && props.onProblem?.(problem),
      { defer: true },
    ),
  );
  const state = createMemo(() => {
    const job = pipeline.job();
    if (job === null) return 'ready';
    if (job.state === 'succeeded') return 'done';
    return job.state === 'failed' || job.state === 'cancelled' ? 'failed' : 'working';
  });
  let box: HTMLElement | undefined;
  keepFocus(() => box, state);
  return (
    <section
      class={`pipeline pipeline-${state()}`}
      part="panel"
      aria-label={props.label ?? 'Proof'}
      ref={box}
    >
      <div class="pipeline-head">
        <p class="pipeline-title" part="title">
          {props.label ?? 'Proof'}
        </p>
        <Show when={!pipeline.online()}>
          <span class="pipeline-offline" part="offline" role="status">
            <Icon name="offline" sizePx={16} />
            Offline
          </span>
        </Show>
      </div>
      <Show when={props.problem}>
        {(problem) => (
          <Notice error={{ ...problem(), group: 'input' }} title="This cannot be shown as it is set up" />
        )}
      </Show>
      <Switch>
        <Match when={state() === 'ready' && !props.problem}>
          <ReadyPanel pipeline={pipeline} asked={props.request !== null} />
        </Match>
        <Match when={state() === 'working'}>
          <WorkingPanel pipeline={pipeline} />
        </Match>
        <Match when={state() === 'done'}>
          <DonePanel pipeline={pipeline} />
        </Match>
        <Match when={state() === 'failed'}>
          <FailedPanel pipeline={pipeline} />
        </Match>
      </Switch>
      <Show when={pipeline.servers().length > 0 && !(props.problem && state() === 'ready')}>
        <ServersPanel
          pipeline={pipeline}
          client={props.client}
          mayChoose={state() === 'ready'}
          sooner={props.request?.privacy === 'may-offload'}
        />
      </Show>
      <Show when={pipeline.figures()}>{(figures) => <FiguresLine figures={figures()} />}</Show>
    </section>
  );
}

/** A button that had the focus goes with its state; the next state's first button takes it. */
function keepFocus(box: () => HTMLElement | undefined, state: Accessor<string>): void {
  const active = () => (box()?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement ?? null;
  createEffect(
    on(
      state,
      () => {
        const lost = active() === null || active() === document.body;
        if (lost && hadFocus) box()?.querySelector<HTMLElement>('.pipeline-actions button')?.focus();
      },
      { defer: true },
    ),
  );
  let hadFocus = false;
  createEffect(() => {
    const element = box();
    element?.addEventListener('focusin', () => {
      hadFocus = true;
    });
    // Leaving for elsewhere names where; being taken off the page does not.
    element?.addEventListener('focusout', ({ relatedTarget }) => {
      hadFocus = relatedTarget === null || element.contains(relatedTarget as Node);
    });
  });
}
