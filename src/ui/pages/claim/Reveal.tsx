// What a verifier will and will not learn, and among how many people the claim hides.
import { For, type JSX, Show } from 'solid-js';
import type { Ask } from '../../../reputation/ask.ts';
import { Button } from '../../components/Button.tsx';
import { plural } from '../../components/format.ts';
import { Icon } from '../../components/Icon.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { revealWords, type SizeOption, sharingWords } from './claim-plan.ts';

export interface RevealProps {
  ask: Ask;
  scorePpm: number;
  sizes: readonly SizeOption[];
  capacity: number;
  onCapacity: (capacity: number) => void;
}

export function Reveal(props: RevealProps): JSX.Element {
  const reveal = () => revealWords(props.ask, props.scorePpm, props.capacity);
  const sharing = () => sharingWords(props.sizes, props.capacity);
  return (
    <Section title="What a verifier learns">
      <ul class="reveal reveal-learned">
        <For each={reveal().learned}>
          {(line) => (
            <li>
              <Icon name="sun" />
              {line}
            </li>
          )}
        </For>
      </ul>
      <h3>What stays unseen</h3>
      <ul class="reveal">
        <For each={reveal().hidden}>
          {(line) => (
            <li>
              <Icon name="unseen" />
              {line}
            </li>
          )}
        </For>
      </ul>
      <Show
        when={sharing().warn}
        fallback={
          <p class="reveal-sharing">
            <Icon name="people" />
            {sharing().text}
          </p>
        }
      >
        <Notice
          kind="warn"
          title={sharing().text}
          nextStep={
            sharing().larger === null
              ? 'Choose a claim that says less, if the campaign takes one.'
              : `With size ${sharing().larger?.capacity} it would be ${plural(sharing().larger?.sharing ?? 0, 'person', 'people')}, at the price of a longer proof.`
          }
          actions={
            <Show when={sharing().larger}>
              {(larger) => (
                <Button onClick={() => props.onCapacity(larger().capacity)}>
                  Use size {larger().capacity}
                </Button>
              )}
            </Show>
          }
        />
      </Show>
    </Section>
  );
}
