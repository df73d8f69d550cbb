// Bringing a circuit: its files, or the address of someone's list. Checked before it is kept.
import { createSignal, type JSX, Show } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { BringFiles } from './BringFiles.tsx';
import { BringListed } from './BringListed.tsx';

export function BringCircuit(props: { onBrought: (circuit: CircuitEntry) => void }): JSX.Element {
  const [way, setWay] = createSignal<'files' | 'list'>('files');
  return (
    <Section title="Bring your own circuit">
      <p class="quiet">
        A Groth16 circuit over BN254, compiled by circom 2. Its proofs are made and checked here like any
        other.
      </p>
      <RadioCards
        legend="Where it is"
        value={way()}
        onChange={setWay}
        options={[
          { value: 'files', title: 'In files', text: 'A .wasm, a .zkey and its verification key.' },
          { value: 'list', title: 'At an address', text: 'A manifest.json that lists circuits.' },
        ]}
      />
      <Show when={way() === 'files'} fallback={<BringListed onBrought={props.onBrought} />}>
        <BringFiles onBrought={props.onBrought} />
      </Show>
    </Section>
  );
}
