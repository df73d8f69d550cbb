// The plain facts of a job, and what became of each try.
import { type JSX, Show } from 'solid-js';
import type { Attempt, Job } from '../../../core/job.ts';
import { DataTable } from '../../components/DataTable.tsx';
import { exactMs, timeText } from '../../components/format.ts';
import { Facts, PrivacyNote } from '../../components/Marks.tsx';
import { Section } from '../../components/Page.tsx';
import { isLocal, PRIVACY_WORDS, STATE_WORDS, totalMs, whereItRan } from './job-words.ts';

const SETUP_WORDS: Record<Job['circuit']['setup'], string> = {
  development: 'Development key: anyone can forge with it',
  ceremony: 'Ceremony',
  unknown: 'Unknown',
};

const OUTCOME_WORDS: Record<Attempt['outcome'], string> = {
  running: 'Under way',
  succeeded: 'Proved',
  failed: 'Failed',
  cancelled: 'Cancelled',
  stalled: 'Stopped: the page was closed or died',
  released: 'Put back: it was paused, or the page was closed',
};

function stateWords(job: Job): string {
  if (job.paused) return 'Paused';
  return job.held === null ? STATE_WORDS[job.state] : 'Waiting for you';
}

export function JobFacts(props: { job: Job }): JSX.Element {
  const took = () => totalMs(props.job);
  return (
    <Section title="About this proof">
      <Facts
        items={[
          {
            term: 'State',
            value: <>{stateWords(props.job)}</>,
          },
          { term: 'Asked for', value: <>{timeText(props.job.createdAtMs)}</> },
          { term: 'Took', value: <>{took() === null ? 'not done yet' : exactMs(took() ?? 0)}</> },
          { term: 'Where', value: <>{whereItRan(props.job)}</> },
          ...(props.job.attempts.length === 0
            ? []
            : [{ term: 'Why there', value: <>{props.job.attempts.at(-1)?.reason}</> }]),
          {
            term: 'Privacy',
            value: (
              <Show when={props.job.privacy === 'local-only'} fallback={PRIVACY_WORDS[props.job.privacy]}>
                <PrivacyNote />
              </Show>
            ),
          },
          { term: 'Circuit', value: <span class="mono">{props.job.circuit.id}</span> },
          { term: 'Key set-up', value: <>{SETUP_WORDS[props.job.circuit.setup]}</> },
        ]}
      />
    </Section>
  );
}

/** Only worth showing when something went wrong on the way, or when it ran elsewhere. */
export function Attempts(props: { job: Job }): JSX.Element {
  const attempts = () => props.job.attempts;
  const remarkable = () =>
    attempts().length > 1 ||
    attempts().some((attempt) => attempt.error !== null || !isLocal(attempt.backendId));
  return (
    <Show when={remarkable()}>
      <Section title="Tries">
        <DataTable
          caption="Each try, with where it ran and why there"
          captionHidden
          columns={[
            { id: 'number', header: 'Try', cell: (one) => one.number },
            { id: 'where', header: 'Where', cell: (one) => one.reason || one.backendId },
            {
              id: 'outcome',
              header: 'Outcome',
              cell: (one) => one.error?.message ?? OUTCOME_WORDS[one.outcome],
            },
          ]}
          rows={attempts()}
        />
      </Section>
    </Show>
  );
}
