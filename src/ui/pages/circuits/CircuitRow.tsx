// One circuit of the app's list: what it is, how much of it is kept here, fetch it, drop it.
import { createSignal, type JSX, onCleanup, Show } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { Button } from '../../components/Button.tsx';
import { bytesText } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { ProgressBar } from '../../components/StageBar.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { keptBytes, keptWords, SETUP_WORDS, sizeWords, totalBytes } from './circuit-words.ts';
import { Digests } from './Digests.tsx';

export function CircuitRow(props: {
  circuit: CircuitEntry;
  /** Digests of the files that are kept. */
  kept: ReadonlySet<string>;
  onChanged: () => void;
}): JSX.Element {
  const services = useServices();
  const [bytes, setBytes] = createSignal(0);
  let controller: AbortController | null = null;
  onCleanup(() => controller?.abort());
  const total = () => totalBytes(props.circuit);
  const fetching = createAction(async () => {
    controller = new AbortController();
    const { signal } = controller;
    setBytes(keptBytes(props.circuit, props.kept));
    try {
      await services.circuits.keepForOffline(props.circuit, signal, setBytes);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
    props.onChanged();
  });
  const drop = createAction(async () => {
    await services.circuits.drop(props.circuit);
    props.onChanged();
  });
  const here = () => keptBytes(props.circuit, props.kept);
  return (
    <li class="panel circuit">
      <div class="circuit-head">
        <h3 class="mono">{props.circuit.id}</h3>
        <span class="numbers">{bytesText(total())}</span>
      </div>
      <p class="quiet small">
        {sizeWords(props.circuit)}. {SETUP_WORDS[props.circuit.setup]}.
      </p>
      <Show when={fetching.busy()}>
        <ProgressBar
          label={`Fetching ${props.circuit.id}`}
          fraction={bytes() / total()}
          words={`${bytesText(bytes())} of ${bytesText(total())}`}
        />
      </Show>
      <Show when={fetching.error() ?? drop.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="circuit-foot">
        <span class="small" aria-live="polite">
          {keptWords(props.circuit, props.kept)}
        </span>
        <div class="row">
          <Show when={fetching.busy()}>
            <Button icon="close" onClick={() => controller?.abort()}>
              Stop
            </Button>
          </Show>
          <Show when={!fetching.busy() && here() < total()}>
            <Button
              icon="download"
              aria-label={`Keep for offline use: ${props.circuit.id}`}
              onClick={() => void fetching.run()}
            >
              Keep for offline use
            </Button>
          </Show>
          <Show when={!fetching.busy() && here() > 0}>
            <Button
              variant="quiet"
              icon="trash"
              busy={drop.busy()}
              aria-label={`Drop ${props.circuit.id}`}
              onClick={() => void drop.run()}
            >
              Drop
            </Button>
          </Show>
        </div>
      </div>
      <details>
        <summary>Files and digests</summary>
        <Digests circuit={props.circuit} />
      </details>
    </li>
  );
}
