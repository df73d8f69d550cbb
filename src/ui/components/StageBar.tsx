// Progress of a job: one bar of stages, each as wide as its predicted share, with words and the
// time left. It never goes back within an attempt.
import { createMemo, For, type JSX, Show } from 'solid-js';
import { overallFraction, type StageShare, stageFills, stageWidths } from './stage-progress.ts';

export type StageBarState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface StageBarProps {
  /** What is being done, for screen readers: "Proof for Harbour Co-op". */
  label: string;
  stages: readonly StageShare[];
  state: StageBarState;
  /** The stage that runs; null before the first. */
  stageId: string | null;
  /** 0…1 within that stage, from counted work. */
  fraction: number;
  /** The time left, in words; null until there is something to base it on. */
  left: string | null;
  /** Within one attempt the bar never falls; a new number starts it afresh. */
  attempt?: number;
  /** In place of the stage's own label. */
  words?: string;
}

const END_WORDS: Record<StageBarState, string> = {
  waiting: 'Waiting to start',
  running: 'Starting',
  done: 'Done',
  failed: 'Stopped by an error',
  cancelled: 'Cancelled',
};

export function StageBar(props: StageBarProps): JSX.Element {
  const widths = createMemo(() => stageWidths(props.stages));
  const index = () => props.stages.findIndex((stage) => stage.id === props.stageId);
  const reached = createMemo<{ attempt: number; overall: number }>(
    (last) => {
      const attempt = props.attempt ?? 0;
      const now = props.state === 'done' ? 1 : overallFraction(widths(), index(), props.fraction);
      const floor = last.attempt === attempt ? last.overall : 0;
      return { attempt, overall: Math.max(floor, now) };
    },
    { attempt: props.attempt ?? 0, overall: 0 },
  );
  const fills = () => stageFills(widths(), reached().overall);
  const words = () =>
    props.words ??
    (props.state === 'running' ? props.stages[index()]?.label : undefined) ??
    END_WORDS[props.state];
  const percent = () => Math.floor(reached().overall * 100);

  return (
    <div class={`stages stages-${props.state}`}>
      <div
        class="stages-track"
        role="progressbar"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent()}
        aria-valuetext={`${percent()} %, ${words()}`}
      >
        <For each={props.stages}>
          {(stage, at) => (
            <div class="stages-part" title={stage.label} style={{ flex: `${widths()[at()]} 1 0` }}>
              <div class="stages-fill" style={{ width: `${(fills()[at()] ?? 0) * 100}%` }} />
            </div>
          )}
        </For>
      </div>
      <div class="stages-words">
        {/* Only the words are announced; a percentage that ticks would drown them. */}
        <span aria-live="polite">{words()}</span>
        <Show when={props.state === 'running'}>
          <span class="quiet">
            {percent()} %<Show when={props.left}>{(left) => ` · ${left()}`}</Show>
          </span>
        </Show>
      </div>
    </div>
  );
}

export interface ProgressBarProps {
  label: string;
  /** 0…1. */
  fraction: number;
  /** What is happening, in words. */
  words?: string;
}

/** One plain bar, for work that has no stages. */
export function ProgressBar(props: ProgressBarProps): JSX.Element {
  const percent = () => Math.floor(Math.min(1, Math.max(0, props.fraction)) * 100);
  return (
    <div class="stages">
      <div
        class="bar"
        role="progressbar"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent()}
      >
        <div class="bar-fill" style={{ width: `${percent()}%` }} />
      </div>
      <div class="stages-words">
        <span aria-live="polite">{props.words ?? props.label}</span>
        <span class="quiet">{percent()} %</span>
      </div>
    </div>
  );
}
