// A proof under way: the bar of stages, what is happening, the time left, and the way to stop it.
import { createEffect, createMemo, createSignal, type JSX, onCleanup, Show } from 'solid-js';
import { type Job, STAGES } from '../../../core/job.ts';
import { Button } from '../../components/Button.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { StageBar } from '../../components/StageBar.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { seesWords } from '../servers/server-words.ts';
import { Away } from './Away.tsx';
import type { LiveJobs } from './create-jobs.ts';
import { createNow } from './create-now.ts';
import { isLocal, leftAt, nameOf, nowWords, PRIVACY_WORDS, STAGE_WORDS, timeLeftWords } from './job-words.ts';
import { QueuePaused } from './PauseQueue.tsx';
import { makeAnnouncer, predictedShares } from './stage-shares.ts';

/** The bar says each new stage by itself; the time left is said this often at most. */
const ANNOUNCE_MS = 20_000;
/** What was said stands no longer than this, or it contradicts the time that is shown. */
const STANDS_MS = 5_000;
/** Shorter waits are over before they are read out. */
const WORTH_SAYING_MS = 15_000;

export function RunningPanel(props: { job: Job; live: LiveJobs }): JSX.Element {
  const services = useServices();
  const now = createNow(() => true);
  const pause = createAction(() => services.jobs.setPaused(props.job.id, !props.job.paused));
  const cancel = createAction(() => services.jobs.cancel(props.job.id));
  const live = () => props.live.progressOf(props.job.id);
  const left = () => (props.job.state === 'running' ? leftAt(live(), now()) : null);
  // Fixed while the bar is drawn, or its stages would change width under way.
  const shares = createMemo(() => predictedShares(props.job.circuit.id, props.live.jobs() ?? []), undefined, {
    equals: () => true,
  });
  const late = () => timeLeftWords(left()) === 'taking longer than expected';
  const words = () => {
    const what = nowWords(props.job, live(), now(), props.live.queuePaused());
    return late() ? `${what}, taking longer than expected` : what;
  };
  const server = () => {
    const last = props.job.attempts.at(-1);
    return last === undefined || isLocal(last.backendId) ? undefined : nameOf(last);
  };

  const [said, setSaid] = createSignal('');
  const announcer = makeAnnouncer(setSaid, ANNOUNCE_MS, {
    now: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  // Taking the words away is not announced.
  createEffect(() => {
    if (said() === '') return;
    const timer = setTimeout(() => setSaid(''), STANDS_MS);
    onCleanup(() => clearTimeout(timer));
  });
  createEffect(() => {
    const leftNow = left();
    if (leftNow !== null && leftNow.ms > WORTH_SAYING_MS) announcer.tell(timeLeftWords(leftNow) ?? '');
  });
  onCleanup(() => announcer.stop());

  return (
    <Section title={props.job.state === 'queued' ? 'Waiting' : 'Under way'} panel>
      <Show when={props.job.state === 'queued' && props.live.queuePaused()}>
        <QueuePaused running={false} />
      </Show>
      <StageBar
        label={`Progress of ${props.job.label}`}
        stages={STAGES.map((stage) => ({ id: stage, label: STAGE_WORDS[stage], share: shares()[stage] }))}
        state={props.job.state === 'running' ? 'running' : 'waiting'}
        stageId={live()?.progress.stage ?? null}
        fraction={live()?.progress.fraction ?? 0}
        left={late() ? null : timeLeftWords(left())}
        attempt={props.job.attempts.length}
        words={words()}
      />
      <span class="visually-hidden" aria-live="polite">
        {said()}
      </span>
      <Show when={props.job.state === 'queued' && !props.job.paused ? props.job.error : null}>
        {(error) => (
          <Notice kind="info" title="The last try did not work">
            {error().message} It is tried again by itself.
          </Notice>
        )}
      </Show>
      <Show when={props.job.privacy === 'may-offload'}>
        <Away job={props.job} server={server()} />
      </Show>
      <Show when={cancel.error() ?? pause.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="row">
        <Button
          icon={props.job.paused ? 'play' : 'pause'}
          busy={pause.busy()}
          variant={props.job.paused ? 'primary' : undefined}
          onClick={() => void pause.run()}
        >
          {props.job.paused ? 'Go on' : 'Pause'}
        </Button>
        <Button icon="close" busy={cancel.busy()} onClick={() => void cancel.run()}>
          Cancel
        </Button>
        <Show
          when={server()}
          fallback={
            <Show
              when={props.job.privacy === 'local-only'}
              fallback={<span class="quiet small">{PRIVACY_WORDS[props.job.privacy]}</span>}
            >
              <PrivacyNote />
            </Show>
          }
        >
          {(name) => <PrivacyNote server={name()} sees={seesWords(props.job.secrets.length > 0)} />}
        </Show>
      </div>
      <p class="quiet small">
        {props.job.paused
          ? 'It is saved, and keeps its place. It waits until you let it go on.'
          : 'It is saved. If you close or reload this page, it goes on when you come back. If you pause it, it is put back and starts over later.'}
      </p>
    </Section>
  );
}
