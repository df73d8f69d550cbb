// What a proof says and what it keeps to itself, in words.
import { createMemo, For, type JSX, Show } from 'solid-js';
import type { Job } from '../../../core/job.ts';
import { SHARING_WARN_BELOW } from '../../../reputation/sharing.ts';
import { plural } from '../../components/format.ts';
import { Icon, type IconName } from '../../components/Icon.tsx';
import { Section } from '../../components/Page.tsx';
import type { ClaimContext } from '../claim/claim-context.ts';
import { type ClaimSignals, claimWords } from './claim-words.ts';

export interface ClaimPanelProps {
  job: Job;
  signals: ClaimSignals;
  context: ClaimContext | null;
}

export function ClaimPanel(props: ClaimPanelProps): JSX.Element {
  const words = createMemo(() => {
    const campaign = props.context?.campaign;
    const name = campaign?.root === props.signals.root ? campaign.name : null;
    return claimWords(props.signals, props.job.circuit.capacity ?? 0, name);
  });
  const alsoShows = () => [...words().alsoShows, ...sharingWords(props.context)];
  return (
    <Section title="What it says" panel>
      <p class="claim-headline">{words().headline}.</p>
      <div class="claim-lists">
        <WordList title="Proves" icon="check" lines={words().proves} />
        <div class="stack">
          <WordList title="Does not reveal" icon="lock" lines={words().hidden} />
          <WordList title="Also shows" icon="info" lines={alsoShows()} />
        </div>
      </div>
      <Show when={props.context?.payload}>
        {(payload) => (
          <p>
            Bound to <span class="mono">{payload()}</span>: nobody can hand it in for someone else.
          </p>
        )}
      </Show>
    </Section>
  );
}

function sharingWords(context: ClaimContext | null): string[] {
  if (context === null) return [];
  const { sharing } = context;
  const many = `${plural(sharing, 'person', 'people')} in the snapshot could have made this claim`;
  return [sharing < SHARING_WARN_BELOW ? `Only ${many}, so it may tell who they are.` : `${many}.`];
}

function WordList(props: { title: string; icon: IconName; lines: readonly string[] }): JSX.Element {
  return (
    <section aria-label={props.title}>
      <h3>{props.title}</h3>
      <ul class="checks">
        <For each={props.lines}>
          {(line) => (
            <li>
              <Icon name={props.icon} />
              <span>{line}</span>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
