// One circuit that the person brought: its input as a form, and the button that makes the proof.
import { createMemo, type JSX, Show } from 'solid-js';
import { LinkButton } from '../../components/Button.tsx';
import { countText } from '../../components/format.ts';
import { Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page, Section } from '../../components/Page.tsx';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { SETUP_WORDS } from './circuit-words.ts';
import { Digests } from './Digests.tsx';
import { InputForm } from './InputForm.tsx';

export function OwnCircuitPage(props: { id: string }): JSX.Element {
  const services = useServices();
  const all = createLoaded(
    () => null,
    () => services.ownCircuits.list(),
  );
  const own = createMemo(() => all.value()?.find(({ circuit }) => circuit.id === props.id) ?? null);
  createFocusKeeper(() => own() !== null);
  return (
    <Show
      when={own()}
      keyed
      fallback={
        <Page title="Circuit">
          <Show when={all.error()}>{(error) => <Notice error={error()} />}</Show>
          <Show when={all.value()}>
            <EmptyState
              title="This circuit is not on this device"
              actions={<LinkButton href="/circuit-list">All circuits</LinkButton>}
            >
              It was removed, or it was brought in another browser. Bring its files again.
            </EmptyState>
          </Show>
        </Page>
      }
    >
      {(known) => (
        <Page
          title={known.name}
          lead="Give the circuit its input, then make the proof."
          side={
            <Section title="About this circuit">
              <Facts
                items={[
                  { term: 'Constraints', value: <>{countText(known.circuit.constraints)}</> },
                  { term: 'Input values', value: <>{countText(known.inputValues)}</> },
                  { term: 'Public signals', value: <>{countText(known.circuit.publicSignals.length)}</> },
                  { term: 'Key set-up', value: <>{SETUP_WORDS[known.circuit.setup]}</> },
                ]}
              />
              <h3>Files and their SHA-256</h3>
              <Digests circuit={known.circuit} />
            </Section>
          }
        >
          <InputForm own={known} />
        </Page>
      )}
    </Show>
  );
}
