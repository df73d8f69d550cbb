// A circuit from files: sorts what is dropped by its ending, shows what is still missing, takes it in.
import { createSignal, type JSX, onCleanup, Show } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { Button } from '../../components/Button.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { bytesText } from '../../components/format.ts';
import { Facts, PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { type ChosenFiles, sortFiles } from './sort-files.ts';

export function BringFiles(props: { onBrought: (circuit: CircuitEntry) => void }): JSX.Element {
  const services = useServices();
  const [chosen, setChosen] = createSignal<ChosenFiles>({ wasm: null, zkey: null, vkey: null });
  const [refused, setRefused] = createSignal<string[]>([]);
  const [step, setStep] = createSignal('');
  let controller: AbortController | null = null;
  onCleanup(() => controller?.abort());

  const take = (files: File[]) => {
    const sorted = sortFiles(files);
    setChosen({ ...chosen(), ...sorted.chosen });
    setRefused(sorted.refused);
    bring.clear();
  };
  const bring = createAction(async () => {
    const { wasm, zkey, vkey } = chosen();
    if (wasm === null || zkey === null) return;
    controller = new AbortController();
    const own = await services.ownCircuits.bringFiles({ wasm, zkey, vkey }, setStep, controller.signal);
    props.onBrought(own.circuit);
  });
  const shown = (file: File | null, otherwise: string) => (
    <Show when={file} fallback={<span class="quiet">{otherwise}</span>}>
      {(present) => (
        <>
          {present().name}, {bytesText(present().size)}
        </>
      )}
    </Show>
  );
  const some = () => Object.values(chosen()).some((file) => file !== null);
  const missing = () => chosen().wasm === null || chosen().zkey === null;
  return (
    <div class="stack">
      <FileDrop
        label="The circuit's files"
        hint="The .wasm, the .zkey, and the verification key as .json; together or one by one."
        accept=".wasm,.zkey,.json"
        multiple
        disabled={bring.busy()}
        onFiles={take}
      />
      <Show when={refused().length > 0}>
        <Notice kind="warn" title="Not every file was taken">
          {refused().join(', ')}: only .wasm, .zkey and .json files are, one of each.
        </Notice>
      </Show>
      <Show when={some()}>
        <Facts
          items={[
            { term: 'Calculator (.wasm)', value: <>{shown(chosen().wasm, 'still missing')}</> },
            { term: 'Proving key (.zkey)', value: <>{shown(chosen().zkey, 'still missing')}</> },
            {
              term: 'Verification key',
              value: <>{shown(chosen().vkey, 'none; taken from the proving key')}</>,
            },
          ]}
        />
        <div class="row">
          <Button
            variant="primary"
            icon="plus"
            busy={bring.busy()}
            disabled={missing()}
            onClick={() => void bring.run()}
          >
            {bring.busy() ? step() || 'Reading the files' : 'Take in the circuit'}
          </Button>
          <Show when={bring.busy()}>
            <Button icon="close" onClick={() => controller?.abort()}>
              Stop
            </Button>
          </Show>
          <PrivacyNote />
        </div>
      </Show>
      <Show when={bring.error()}>
        {(error) => <Notice error={error()} title="This circuit cannot be used." />}
      </Show>
    </div>
  );
}
