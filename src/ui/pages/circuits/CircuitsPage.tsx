// All circuits on this device and of this app: sizes, set-up, what is kept, and a way to bring one's own.
import { useNavigate } from '@solidjs/router';
import { For, type JSX, Show } from 'solid-js';
import { bytesText } from '../../components/format.ts';
import { Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page, Section } from '../../components/Page.tsx';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { BringCircuit } from './BringCircuit.tsx';
import { CircuitRow } from './CircuitRow.tsx';
import { OwnCircuitRow } from './OwnCircuitRow.tsx';

export function CircuitsPage(): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const listed = createLoaded(
    () => null,
    () => services.circuits.list(),
  );
  const own = createLoaded(
    () => null,
    () => services.ownCircuits.list(),
  );
  const here = createLoaded(
    () => null,
    async () => ({ kept: await services.circuits.kept(), facts: await services.storage.facts() }),
  );
  const kept = () => new Set((here.value()?.kept ?? []).map(({ sha256 }) => sha256));
  const changed = () => {
    own.reload();
    here.reload();
  };
  const room = (bytes: number | null | undefined) => (bytes == null ? 'not told' : bytesText(bytes));
  return (
    <Page
      title="Circuits"
      lead="A circuit is what a proof is made with. Bring your own, and keep those you need for offline use."
      side={
        <Section title="Room on this device" panel>
          <Facts
            items={[
              {
                term: 'Circuits',
                value: (
                  <>{bytesText((here.value()?.kept ?? []).reduce((sum, { bytes }) => sum + bytes, 0))}</>
                ),
              },
              { term: 'All of Gnomon', value: <>{room(here.value()?.facts.usedBytes)}</> },
              { term: 'Free', value: <>{room(here.value()?.facts.freeBytes)}</> },
            ]}
          />
          <Show when={here.error()}>{(error) => <Notice error={error()} />}</Show>
        </Section>
      }
    >
      <Section title="Your own circuits">
        <Show when={own.error()}>{(error) => <Notice error={error()} />}</Show>
        <Show
          when={(own.value() ?? []).length > 0}
          fallback={
            <Show when={own.value()}>
              <EmptyState title="None yet">
                Any Groth16 circuit that circom and snarkjs made works here. Bring its files below.
              </EmptyState>
            </Show>
          }
        >
          <ul class="circuit-list">
            <For each={own.value()}>
              {(one) => <OwnCircuitRow own={one} kept={kept()} onRemoved={changed} />}
            </For>
          </ul>
        </Show>
      </Section>
      <BringCircuit onBrought={(circuit) => navigate(`/circuit-list/${circuit.id}`)} />
      <Section title="Circuits of this app">
        <Show when={listed.error()}>{(error) => <Notice error={error()} />}</Show>
        <Show when={listed.loading() && listed.value() === undefined}>
          <p class="quiet">Reading the list of circuits.</p>
        </Show>
        <Show when={listed.value()?.length === 0}>
          <p class="quiet">The server is still making them. Come back in a minute.</p>
        </Show>
        <ul class="circuit-list">
          <For each={listed.value()}>
            {(circuit) => <CircuitRow circuit={circuit} kept={kept()} onChanged={here.reload} />}
          </For>
        </ul>
      </Section>
    </Page>
  );
}
