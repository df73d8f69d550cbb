// What the verifier asks beyond the campaign file.
import { type JSX, Show } from 'solid-js';
import { Checkbox, Field, TextInput } from '../../components/Field.tsx';
import { Hash } from '../../components/Hash.tsx';
import { Section } from '../../components/Page.tsx';
import type { Verification } from './create-verification.ts';

export function Demands(props: { verification: Verification }): JSX.Element {
  const state = () => props.verification.state;
  return (
    <Section title="What you expect">
      <TextInput
        label="Challenge"
        value={state().challenge}
        onInput={props.verification.setChallenge}
        mono
        placeholder="From the campaign file"
        hint="Type your own only if you gave claimants one: 64 hex digits."
        error={props.verification.problems().challenge}
      />
      <Show when={state().challenge === '' && state().campaign}>
        {(campaign) => (
          <p class="small quiet">
            The campaign’s: <Hash value={campaign().campaign.challenge} what="challenge" head={10} tail={6} />
          </p>
        )}
      </Show>
      <Field
        label="Evidence not older than"
        hint="A day in UTC; leave it empty to accept any age."
        error={props.verification.problems().notBefore}
      >
        {(control) => (
          <input
            class="input numbers"
            type="date"
            id={control.id}
            value={state().notBefore}
            aria-describedby={control.describedBy}
            aria-invalid={control.invalid}
            onInput={(event) => props.verification.setNotBefore(event.currentTarget.value)}
          />
        )}
      </Field>
      <Checkbox
        label="Keep accepted claims"
        hint="Each person is then accepted once. Off, claims are only looked at."
        checked={state().record}
        onChange={props.verification.setRecord}
      />
    </Section>
  );
}
