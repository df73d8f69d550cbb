// What the campaign asks: name and date, the claim, accepted sizes, weights, whose identities.
import { For, type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Checkbox, Field, TextInput } from '../../components/Field.tsx';
import { dayText, plural } from '../../components/format.ts';
import { Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import type { Publishing } from './create-publishing.ts';
import { utcInput } from './form.ts';

export interface SizeChoice {
  size: number;
  /** False while its circuit is still being made. */
  ready: boolean;
}

export function TermsForm(props: { publishing: Publishing; sizes: readonly SizeChoice[] }): JSX.Element {
  const state = () => props.publishing.state;
  const form = () => state().form;
  const problems = () => state().problems;
  const change = props.publishing.change;
  const subjectsOf = (size: number) =>
    state().facts?.bySize.find((entry) => entry.size === size)?.subjects ?? null;
  const toggleSize = (size: number, on: boolean) =>
    change({ sizes: on ? [...form().sizes, size] : form().sizes.filter((other) => other !== size) });
  const bounded = () => form().proofType === 'threshold' || form().proofType === 'band';

  return (
    <Section title="2. Terms">
      <div class="campaign-pairs">
        <TextInput
          label="Name"
          value={form().name}
          onInput={(name) => change({ name })}
          error={problems().name}
          hint="What people will read."
          maxLength={200}
        />
        <TextInput
          label="Issuer"
          value={form().issuer}
          onInput={(issuer) => change({ issuer })}
          error={problems().issuer}
          maxLength={200}
          hint="You, for example by web address."
        />
        <TextInput
          label="Campaign id"
          value={form().campaignId}
          onInput={(campaignId) => change({ campaignId })}
          error={problems().campaignId}
          maxLength={200}
          hint="Each person claims once under one id."
        />
        <Field label="Evidence as of (UTC)" error={problems().asOfUtc} hint="Later statements do not count.">
          {(control) => (
            <input
              class="input numbers"
              type="datetime-local"
              step="1"
              id={control.id}
              value={form().asOfUtc}
              aria-describedby={control.describedBy}
              aria-invalid={control.invalid}
              onInput={(event) => change({ asOfUtc: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <Show when={state().facts?.newestS}>
        {(newestS) => (
          <div class="row">
            <Button onClick={() => change({ asOfUtc: utcInput(newestS()) })}>
              Use the newest statement’s time
            </Button>
            <span class="small quiet">{dayText(newestS())}</span>
          </div>
        )}
      </Show>

      <RadioCards
        legend="What a claim must show"
        value={form().proofType}
        onChange={(proofType) => change({ proofType })}
        options={[
          { value: 'threshold', title: 'At least', text: 'A score of at least a threshold.' },
          { value: 'band', title: 'Between', text: 'A score between two ends.' },
          { value: 'exact', title: 'Exact', text: 'The score itself. It may tell who someone is.' },
          { value: 'membership', title: 'Membership', text: 'Being in the snapshot, with any score.' },
        ]}
      />
      <div class="grid-2">
        <Show when={bounded()}>
          <TextInput
            label={form().proofType === 'band' ? 'Lower end' : 'Threshold'}
            value={form().lower}
            onInput={(lower) => change({ lower })}
            error={problems().lower}
            hint="0 to 1"
          />
        </Show>
        <Show when={form().proofType === 'band'}>
          <TextInput
            label="Upper end"
            value={form().upper}
            onInput={(upper) => change({ upper })}
            error={problems().upper}
            hint="0 to 1"
          />
        </Show>
        <TextInput
          label="Score without evidence"
          value={form().baseRate}
          onInput={(baseRate) => change({ baseRate })}
          error={problems().baseRate}
          hint="The base rate, 0 to 1. Everyone starts from it."
        />
      </div>

      <fieldset class="stack-s">
        <legend class="field-label">Accepted sizes</legend>
        <span class="field-hint">
          A claim shows its size. Those with more evidence than the largest accepted one cannot claim.
        </span>
        <div class="campaign-sizes">
          <For each={props.sizes}>
            {({ size, ready }) => (
              <Checkbox
                label={`Up to ${size}`}
                checked={form().sizes.includes(size)}
                onChange={(on) => toggleSize(size, on)}
                disabled={!ready && !form().sizes.includes(size)}
                hint={
                  ready
                    ? subjectsOf(size) === null
                      ? undefined
                      : plural(subjectsOf(size)!, 'person', 'people')
                    : 'Not made on this server yet'
                }
              />
            )}
          </For>
        </div>
        <Show when={problems().sizes}>{(problem) => <span class="field-error">{problem()}</span>}</Show>
      </fieldset>

      <RadioCards
        legend="How much each rater counts"
        value={form().weights}
        onChange={(weights) => change({ weights })}
        options={[
          { value: 'uniform', title: 'All alike' },
          {
            value: 'flow',
            title: 'By trust',
            text: 'As much as they are trusted themselves, starting from people you name.',
          },
        ]}
      />
      <Show when={form().weights === 'flow'}>
        <TextInput
          label="People to start from"
          value={form().seeds}
          onInput={(seeds) => change({ seeds })}
          rows={3}
          error={problems().seeds}
          hint="One a line, as they are called in the network."
        />
      </Show>
    </Section>
  );
}
