// A circuit's input: opened from a file or typed, one field for each signal, checked against what the circuit
// takes, and handed to the queue. It lives in this page's memory until then.
import { useNavigate } from '@solidjs/router';
import { createMemo, createSignal, Index, type JSX, Show } from 'solid-js';
import { Priority } from '../../../core/job.ts';
import { systemRandom } from '../../../core/system.ts';
import type { OwnCircuit } from '../../../services/circuits.ts';
import { Button } from '../../components/Button.tsx';
import { TextInput } from '../../components/Field.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { readTextFile } from '../../components/files.ts';
import { plural } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { PredictedTime } from '../insights/PredictedTime.tsx';
import { createUsualWhere, type Where, WhereChoice } from '../servers/WhereChoice.tsx';
import {
  emptyFields,
  fieldProblem,
  fieldsFromJson,
  INPUT_CHARS_MAX,
  inputOf,
  nameProblem,
  type SignalField,
  totalProblem,
  valuesOf,
} from './input-form.ts';

const ROWS_MAX = 6;

export function InputForm(props: { own: OwnCircuit }): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const { circuit, inputValues } = props.own;
  const jobId = systemRandom.id();
  const [fields, setFields] = createSignal<SignalField[]>(emptyFields(circuit));
  const [newName, setNewName] = createSignal('');
  /** Errors are shown once something was opened or the button was pressed, not before. */
  const [checked, setChecked] = createSignal(false);
  const [label, setLabel] = createSignal(props.own.name);

  const open = createAction(async (files: File[]) => {
    const [file] = files;
    if (file === undefined) return;
    setFields(fieldsFromJson(await readTextFile(file, INPUT_CHARS_MAX)));
    setChecked(true);
  });
  const names = createMemo(() => fields().map(({ name }) => name), [], {
    equals: (a, b) => a.length === b.length && a.every((name, at) => name === b[at]),
  });
  const lengths = createLoaded<string[], Record<string, number | null>>(names, async (asked) =>
    asked.length === 0 ? {} : services.ownCircuits.inputLengths(circuit, asked),
  );
  const described = new Map((circuit.inputs ?? []).map(({ name, length }) => [name, length ?? 1]));
  // What the calculator says beats what a list says of it.
  const wantedOf = (name: string) => lengths.value()?.[name] ?? described.get(name) ?? null;
  const problems = createMemo(() => fields().map((field) => fieldProblem(field, wantedOf(field.name))));
  const total = () => totalProblem(fields(), inputValues);
  const fine = () => problems().every((problem) => problem === null) && total() === null;

  const change = (at: number, text: string) =>
    setFields(fields().map((field, index) => (index === at ? { ...field, text } : field)));
  const addError = () => (newName() === '' ? null : nameProblem(newName(), fields()));
  const add = () => {
    if (newName() === '' || addError() !== null) return;
    setFields([...fields(), { name: newName(), text: '' }]);
    setNewName('');
  };
  const [where, setWhere] = createSignal<Where | null>(null);
  const usualWhere = createUsualWhere(false);
  const submit = createAction(async () => {
    setChecked(true);
    if (!fine()) return;
    await services.jobs.submit({
      id: jobId,
      label: label().trim() || props.own.name,
      circuit,
      input: inputOf(fields()),
      secrets: [],
      // Not ours to know beforehand: the proof is held to what its own witness, computed here, shows.
      expectedPublicSignals: null,
      priority: Priority.NORMAL,
      ...(where() ?? usualWhere()),
      maxAttempts: 3,
      context: { kind: 'own-circuit', circuitName: props.own.name },
    });
    navigate(`/proofs/${jobId}`);
  });

  return (
    <>
      <Section title="Input">
        <FileDrop
          label="Input file"
          hint="A .json file with the value of each input signal. It is read on this device."
          accept=".json,application/json"
          disabled={open.busy()}
          onFiles={(files) => void open.run(files)}
        />
        <Show when={open.error()}>
          {(error) => <Notice error={error()} title="This input could not be opened." />}
        </Show>
        <Show when={fields().length === 0}>
          <p class="quiet">
            The circuit does not say what its signals are called. Open a file, or add them by name.
          </p>
        </Show>
        <Index each={fields()}>
          {(field, at) => (
            <div class="signal">
              <TextInput
                label={field().name}
                mono
                rows={Math.min(ROWS_MAX, Math.max(1, valuesOf(field()).length, wantedOf(field().name) ?? 1))}
                hint={hintOf(wantedOf(field().name))}
                error={checked() ? problems()[at] : null}
                value={field().text}
                onInput={(text) => change(at, text)}
              />
              <Button
                variant="quiet"
                icon="trash"
                label={`Remove ${field().name}`}
                onClick={() => setFields(fields().filter((_, index) => index !== at))}
              />
            </div>
          )}
        </Index>
        <form
          class="signal"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <TextInput label="Add a signal" mono value={newName()} error={addError()} onInput={setNewName} />
          <Button type="submit" icon="plus" label="Add the signal" />
        </form>
        <Show when={lengths.error()}>
          {(error) => (
            <Notice kind="warn" error={error()} title="The circuit could not be asked what it takes." />
          )}
        </Show>
      </Section>
      <Section title="Make the proof">
        <TextInput label="What to call it" value={label()} maxLength={80} onInput={setLabel} />
        <Show when={checked() && !fine()}>
          <Notice kind="warn" title="The input is not complete yet">
            {total() ?? 'See the fields that are marked.'}
          </Notice>
        </Show>
        <div class="row">
          <Button variant="primary" icon="proof" busy={submit.busy()} onClick={() => void submit.run()}>
            Make the proof
          </Button>
        </div>
        <PredictedTime circuit={circuit} backendId={(where() ?? usualWhere()).sendTo} />
        <WhereChoice circuit={circuit} secrets={false} value={where()} onChange={setWhere} />
        <Show when={submit.error()}>{(error) => <Notice error={error()} />}</Show>
      </Section>
    </>
  );
}

function hintOf(wanted: number | null): string | undefined {
  return wanted === null || wanted < 2 ? undefined : `${plural(wanted, 'value', 'values')}, one a line`;
}
