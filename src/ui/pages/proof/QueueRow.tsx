// One proof in the queue: what it is, how far it is, and what can be done with it.
import { A } from '@solidjs/router';
import { createMemo, For, type JSX, Show } from 'solid-js';
import { type Job, type Priority, STAGES } from '../../../core/job.ts';
import { Button } from '../../components/Button.tsx';
import { timeText } from '../../components/format.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { overallFraction } from '../../components/stage-progress.ts';
import { useServices } from '../../services.ts';
import { readClaimContext } from '../claim/claim-context.ts';
import type { LiveJobs } from './create-jobs.ts';
import { createNow } from './create-now.ts';
import {
  leftAt,
  nowWords,
  PRIVACY_WORDS,
  STATE_WORDS,
  timeLeftWords,
  troubleView,
  whereItRan,
} from './job-words.ts';
import { PRIORITY_WORDS } from './queue-view.ts';
import { predictedShares } from './stage-shares.ts';

export function QueueRow(props: {
  job: Job;
  live: LiveJobs;
  /** Where it stands in its list, from 1. */
  place: { at: number; of: number };
  /** Runs something and shows what went wrong. */
  act: (work: () => Promise<void>) => void;
  onRemove: (job: Job) => void;
}): JSX.Element {
  const { jobs } = useServices();
  const goesOn = () => props.job.state === 'queued' || props.job.state === 'running';
  const now = createNow(goesOn);
  const live = () => props.live.progressOf(props.job.id);
  const words = () => {
    if (!goesOn()) return STATE_WORDS[props.job.state];
    const left = timeLeftWords(leftAt(live(), now()));
    const what = nowWords(props.job, live(), now(), props.live.queuePaused());
    return left === null ? what : `${what}, ${left}`;
  };
  const retryable = () => {
    const trouble = troubleView(props.job);
    return trouble?.retry.offered === true && trouble.lockedIdentityId === null;
  };
  return (
    <li class="panel proof-row" aria-setsize={props.place.of} aria-posinset={props.place.at}>
      <div class="proof-row-head">
        <A href={`/proofs/${encodeURIComponent(props.job.id)}`} class="proof-row-name">
          {props.job.label}
        </A>
        <Show when={readClaimContext(props.job.context)?.campaign.demo}>
          <DemoBadge />
        </Show>
        <span
          class={`proof-state proof-state-${props.job.held === null && !props.job.paused ? props.job.state : 'held'}`}
        >
          {words()}
        </span>
      </div>
      <Show when={props.job.state === 'running'}>
        <RowBar job={props.job} live={props.live} />
      </Show>
      <div class="proof-row-foot">
        <div class="proof-row-facts quiet small">
          <span>{timeText(props.job.createdAtMs)}</span>
          <span>{whereItRan(props.job)}</span>
          <span>{PRIVACY_WORDS[props.job.privacy]}</span>
        </div>
        <div class="proof-row-actions">
          <Show when={props.job.state === 'queued'}>
            <select
              class="input"
              aria-label={`Priority of ${props.job.label}`}
              onChange={(event) => {
                const priority = Number(event.currentTarget.value) as Priority;
                props.act(() => jobs.setPriority(props.job.id, priority));
              }}
            >
              <For each={PRIORITY_WORDS}>
                {({ value, label }) => (
                  <option value={value} selected={value === props.job.priority}>
                    {label}
                  </option>
                )}
              </For>
            </select>
          </Show>
          <Show when={goesOn()}>
            <PauseButton job={props.job} act={props.act} />
          </Show>
          <Show when={props.job.state === 'succeeded' && props.job.inputKept}>
            <Button
              variant="quiet"
              icon="retry"
              label={`Prove again: ${props.job.label}`}
              title="Prove again: one more proof, from what is kept"
              onClick={() => props.act(async () => void (await jobs.again(props.job.id)))}
            />
          </Show>
          <Show when={retryable()}>
            <Button
              variant="quiet"
              icon="retry"
              label={`Try again: ${props.job.label}`}
              title="Try again"
              onClick={() => props.act(() => jobs.retry(props.job.id))}
            />
          </Show>
          <Show
            when={goesOn()}
            fallback={
              <Button
                variant="quiet"
                icon="trash"
                label={`Remove ${props.job.label}`}
                title="Remove from this device"
                onClick={() => props.onRemove(props.job)}
              />
            }
          >
            <Button
              variant="quiet"
              icon="close"
              label={`Cancel ${props.job.label}`}
              title="Cancel"
              onClick={() => props.act(() => jobs.cancel(props.job.id))}
            />
          </Show>
        </div>
      </div>
    </li>
  );
}

function PauseButton(props: { job: Job; act: (work: () => Promise<void>) => void }): JSX.Element {
  const { jobs } = useServices();
  const title = () => {
    if (props.job.paused) return 'Let it go on';
    return props.job.state === 'running' ? 'Pause: it is put back, and starts over later' : 'Pause';
  };
  return (
    <Button
      variant="quiet"
      icon={props.job.paused ? 'play' : 'pause'}
      label={props.job.paused ? `Let ${props.job.label} go on` : `Pause ${props.job.label}`}
      title={title()}
      onClick={() => props.act(() => jobs.setPaused(props.job.id, !props.job.paused))}
    />
  );
}

/** All stages in one thin line; within an attempt it never goes back. */
function RowBar(props: { job: Job; live: LiveJobs }): JSX.Element {
  // Fixed while it runs, or the bar would jump when another proof on the circuit ends.
  const shares = predictedShares(props.job.circuit.id, props.live.jobs() ?? []);
  const widths = STAGES.map((stage) => shares[stage]);
  const reached = createMemo<{ attempt: number; overall: number }>(
    (last) => {
      const attempt = props.job.attempts.length;
      const progress = props.live.progressOf(props.job.id)?.progress;
      const at = progress === undefined ? -1 : STAGES.indexOf(progress.stage);
      const overall = overallFraction(widths, at, progress?.fraction ?? 0);
      return { attempt, overall: Math.max(last.attempt === attempt ? last.overall : 0, overall) };
    },
    { attempt: 0, overall: 0 },
  );
  const percent = () => Math.floor(reached().overall * 100);
  return (
    <div
      class="bar proof-row-bar"
      role="progressbar"
      aria-label={`Progress of ${props.job.label}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent()}
    >
      <div class="bar-fill" style={{ width: `${percent()}%` }} />
    </div>
  );
}
