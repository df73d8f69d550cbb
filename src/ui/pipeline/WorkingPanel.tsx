// While it is made: the bar of stages, what is happening, the time left, and the way to stop it.
import { createMemo, type JSX, Show } from 'solid-js';
import { Button } from '../components/Button.tsx';
import { PrivacyNote } from '../components/Marks.tsx';
import { Notice } from '../components/Notice.tsx';
import { StageBar } from '../components/StageBar.tsx';
import type { StageShare } from '../components/stage-progress.ts';
import { createAction } from '../create-action.ts';
import { PRIVACY_WORDS, STAGE_WORDS, timeLeftWords } from '../pages/proof/job-words.ts';
import type { Pipeline } from './create-pipeline.ts';
import { barStages, whereabouts } from './pipeline-words.ts';

export function WorkingPanel(props: { pipeline: Pipeline }): JSX.Element {
  const job = () => props.pipeline.job();
  const progress = () => job()?.progress ?? null;
  const cancel = createAction(() => props.pipeline.cancel());
  const stages = createMemo<readonly StageShare[]>((drawn) => barStages(drawn, props.pipeline.plan()), []);
  const left = () => {
    const { remainingMs: ms = null, remainingWithin = null } = progress() ?? {};
    return ms === null ? null : timeLeftWords({ ms, ...(remainingWithin ?? { lowMs: ms, highMs: ms }) });
  };
  const held = () => job()?.state === 'queued' && job()?.error;
  const words = () => {
    if (job()?.state === 'queued') return job()?.attempts ? 'Trying again' : 'Waiting its turn';
    const stage = progress()?.stage;
    return stage === undefined ? 'Under way' : STAGE_WORDS[stage];
  };
  const server = () => {
    const where = whereabouts(job());
    return typeof where === 'string' ? undefined : where.server;
  };
  return (
    <>
      <div part="progress">
        <StageBar
          label={`Progress of ${job()?.label ?? 'the proof'}`}
          stages={stages()}
          state={job()?.state === 'running' ? 'running' : 'waiting'}
          stageId={progress()?.stage ?? null}
          fraction={progress()?.fraction ?? 0}
          left={left()}
          attempt={job()?.attempts ?? 0}
          words={words()}
        />
      </div>
      <Show when={held()}>
        {(error) => (
          <Notice kind="warn" title={error().message}>
            {error().nextStep}
          </Notice>
        )}
      </Show>
      <Show when={cancel.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="row pipeline-actions">
        <Button icon="close" part="cancel" busy={cancel.busy()} onClick={() => void cancel.run()}>
          Cancel
        </Button>
        <Show
          when={server()}
          fallback={
            <Show when={whereabouts(job()) === 'may-leave'} fallback={<PrivacyNote />}>
              <span class="privacy">{PRIVACY_WORDS['may-offload']}</span>
            </Show>
          }
        >
          {(name) => <PrivacyNote server={name()} sees="everything that goes into the proof" />}
        </Show>
      </div>
    </>
  );
}
