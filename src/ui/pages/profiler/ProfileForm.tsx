// What to measure: sizes, provers, threads, places and how often, with about how long that takes before it starts.
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import type { Prover } from '../../../core/profiler/request.ts';
import { threadsText } from '../../../core/profiler/words.ts';
import { Button } from '../../components/Button.tsx';
import { Checkbox, Select } from '../../components/Field.tsx';
import { aboutMs, plural } from '../../components/format.ts';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { createServers } from '../servers/create-servers.ts';
import {
  type Choice,
  capacitiesOf,
  ITERATIONS,
  missingIn,
  requestOf,
  threadSteps,
  toggled,
  usualChoice,
} from './form.ts';

const PROVERS: readonly { value: Prover; label: string; hint: string }[] = [
  { value: 'engine', label: 'Engine', hint: 'What proofs are made with here.' },
  { value: 'snarkjs', label: 'snarkjs', hint: 'What takes over where the engine cannot. Much slower.' },
];

export interface ProfileFormProps {
  circuits: readonly CircuitEntry[];
  onStart: () => void;
}

export function ProfileForm(props: ProfileFormProps): JSX.Element {
  const { profiler, device } = useServices();
  const [choice, setChoice] = createSignal(usualChoice(props.circuits, device.threads));
  const change = (part: Partial<Choice>) => setChoice({ ...choice(), ...part });
  // Read for its signals: a server that was allowed meanwhile is offered.
  const live = createServers('none');
  const servers = createMemo(() => {
    live.servers();
    live.offload();
    return profiler.servers();
  });
  const missing = () => missingIn(choice());
  const plan = createLoaded(choice, async (chosen) =>
    missingIn(chosen) === null
      ? profiler.plan(requestOf(chosen), { here: chosen.here, servers: chosen.servers })
      : null,
  );
  const ready = () =>
    missing() === null && plan.error() === null && !plan.loading() ? (plan.value() ?? undefined) : undefined;
  const start = () => {
    const chosen = ready();
    if (chosen === undefined) return;
    props.onStart();
    // How it ends is in the profiler's state.
    void profiler.start(chosen).catch(() => undefined);
  };
  const chosenServers = () => servers().filter(({ id }) => choice().servers.includes(id));
  return (
    <div class="stack">
      <div class="profiler-choices">
        <fieldset class="stack-s">
          <legend class="field-label">Attestations</legend>
          <For each={capacitiesOf(props.circuits)}>
            {(size) => (
              <Checkbox
                label={String(size)}
                checked={choice().sizes.includes(size)}
                onChange={(on) => change({ sizes: toggled(choice().sizes, size, on).sort((a, b) => a - b) })}
              />
            )}
          </For>
        </fieldset>
        <fieldset class="stack-s">
          <legend class="field-label">Prover</legend>
          <For each={PROVERS}>
            {({ value, label, hint }) => (
              <Checkbox
                label={label}
                hint={hint}
                checked={choice().provers.includes(value)}
                onChange={(on) => change({ provers: toggled(choice().provers, value, on) })}
              />
            )}
          </For>
        </fieldset>
        <fieldset class="stack-s">
          <legend class="field-label">Threads</legend>
          <For each={threadSteps(device.threads)}>
            {(count) => (
              <Checkbox
                label={threadsText(count)}
                checked={choice().threads.includes(count)}
                onChange={(on) =>
                  change({ threads: toggled(choice().threads, count, on).sort((a, b) => a - b) })
                }
              />
            )}
          </For>
        </fieldset>
        <fieldset class="stack-s">
          <legend class="field-label">Where</legend>
          <Checkbox label="This device" checked={choice().here} onChange={(here) => change({ here })} />
          <For each={servers()}>
            {({ id, name }) => (
              <Checkbox
                label={name}
                hint="It gets a made-up person’s attestations, nothing of yours."
                checked={choice().servers.includes(id)}
                onChange={(on) => change({ servers: toggled(choice().servers, id, on) })}
              />
            )}
          </For>
          <Show when={servers().length === 0}>
            <p class="field-hint">A server that you have allowed on the Servers page can be measured too.</p>
          </Show>
        </fieldset>
      </div>
      <Select
        label="Proofs of each that count"
        hint="More say more, and take longer. One before each group warms up and does not count."
        value={String(choice().iterations)}
        onChange={(value) => change({ iterations: Number(value) })}
        options={ITERATIONS.map((count) => ({ value: String(count), label: String(count) }))}
      />
      <Checkbox
        label="Measure memory"
        hint={
          profiler.memoryTold()
            ? 'The browser may take up to 20 s to tell it, once for each group of proofs.'
            : 'Not told by this browser.'
        }
        disabled={!profiler.memoryTold()}
        checked={choice().memory && profiler.memoryTold()}
        onChange={(memory) => change({ memory })}
      />
      <Show when={missing()}>{(words) => <p class="quiet">{words()}</p>}</Show>
      <Show when={missing() === null && plan.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="row">
        <Button variant="primary" icon="play" disabled={ready() === undefined} onClick={start}>
          Measure
        </Button>
        <Show when={chosenServers().length > 0} fallback={<PrivacyNote />}>
          <PrivacyNote
            server={chosenServers()
              .map(({ name }) => name)
              .join(' and ')}
            sees="a made-up person’s attestations"
          />
        </Show>
      </div>
      <p class="quiet small" aria-live="polite">
        <Show when={ready()}>
          {(chosen) => (
            <>
              {plural(chosen().runs, 'proof', 'proofs')}, {aboutMs(chosen().expectedMs)}. Your own proofs go
              first: while one is made or waits, measuring waits.
            </>
          )}
        </Show>
      </p>
    </div>
  );
}
