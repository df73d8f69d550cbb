// While it is made: the bar of stages, what is happening, the time left, and the way to stop it.
import { createMemo, type JSX, Show } from 'solid-js';
import { Button } from '../components/Button.tsx';
import { PrivacyNote } from '../components/Marks.tsx';
import { Notice } from '../components/Notice.tsx';
import { StageBar } from '../components/StageBar.tsx';
import { createAction } from '../create-action.ts';
import { STAGE_WORDS, timeLeftWords } from '../pages/proof/job-words.ts';
import type { Pipeline } from './create-pipeline.ts';

/** A stage narrower than this cannot be seen to fill. */
const LEAST_SHARE = 0.04;

export function WorkingPanel(props: { pipeline: Pipeline }): JSX.Element {
  const job = () => props.pipeline.job();
  const progress = () => job()?.progress ?? null;
  const cancel = createAction(() => props.pipeline.cancel());
  // Fixed while the bar is drawn, or its stages would change width under way.
  const stages = createMemo(
    () =>
      (props.pipeline.plan()?.stages ?? []).map(({ id, share }) => ({
        id,
        label: STAGE_WORDS[id],
        share: Math.max(LEAST_SHARE, share),
      })),
    undefined,
    { equals: () => true },
  );
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
  const elsewhere = () => {
    const where = job()?.placed?.where;
    return where === undefined || where === 'this device' ? undefined : where;
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
        <Show when={elsewhere()} fallback={<PrivacyNote />}>
          {(name) => <PrivacyNote server={name()} sees="everything that goes into the proof" />}
        </Show>
      </div>
    </>
  );
}
