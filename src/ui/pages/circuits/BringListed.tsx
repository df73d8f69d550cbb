// A circuit from someone's list: asks the address, shows what it lists with digests, fetches the chosen one.
import { createSignal, For, type JSX, onCleanup, Show } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { Button } from '../../components/Button.tsx';
import { TextInput } from '../../components/Field.tsx';
import { bytesText } from '../../components/format.ts';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { ProgressBar } from '../../components/StageBar.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { sizeWords, totalBytes } from './circuit-words.ts';
import { Digests } from './Digests.tsx';

interface Listed {
  url: string;
  circuits: CircuitEntry[];
}

export function BringListed(props: { onBrought: (circuit: CircuitEntry) => void }): JSX.Element {
  const services = useServices();
  const [address, setAddress] = createSignal('');
  const [listed, setListed] = createSignal<Listed | null>(null);
  const [fetchingId, setFetchingId] = createSignal<string | null>(null);
  const [bytes, setBytes] = createSignal(0);
  let controller: AbortController | null = null;
  onCleanup(() => controller?.abort());
  const host = () => (URL.canParse(address().trim()) ? new URL(address().trim()).host : 'that server');

  const read = createAction(async () => {
    setListed(null);
    const url = address().trim();
    setListed({ url, circuits: await services.ownCircuits.readManifest(url) });
  });
  const bring = createAction(async (from: Listed, circuit: CircuitEntry) => {
    controller = new AbortController();
    setBytes(0);
    setFetchingId(circuit.id);
    try {
      const own = await services.ownCircuits.bringListed(from.url, circuit, setBytes, controller.signal);
      props.onBrought(own.circuit);
    } finally {
      setFetchingId(null);
    }
  });
  return (
    <div class="stack">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void read.run();
        }}
      >
        <TextInput
          label="Address of the list"
          type="url"
          placeholder="https://example.org/circuits/manifest.json"
          value={address()}
          onInput={setAddress}
        />
        <div class="row">
          <Button type="submit" icon="download" busy={read.busy()} disabled={address().trim() === ''}>
            Read the list
          </Button>
          <Show when={address().trim() !== ''}>
            <PrivacyNote server={host()} sees="your network address, never an input" />
          </Show>
        </div>
      </form>
      <Show when={read.error() ?? bring.error()}>{(error) => <Notice error={error()} />}</Show>
      <Show when={listed()}>
        {(from) => (
          <Show
            when={from().circuits.length > 0}
            fallback={<p class="quiet">This list is empty. Ask whoever keeps it.</p>}
          >
            <ul class="circuit-list">
              <For each={from().circuits}>
                {(circuit) => (
                  <li class="panel circuit">
                    <div class="circuit-head">
                      <h3 class="mono">{circuit.id}</h3>
                      <span class="numbers">{bytesText(totalBytes(circuit))}</span>
                    </div>
                    <p class="quiet small">{sizeWords({ ...circuit, capacity: null })}.</p>
                    <Digests circuit={circuit} />
                    <Show
                      when={fetchingId() === circuit.id}
                      fallback={
                        <div class="row">
                          <Button
                            icon="plus"
                            aria-label={`Take in the circuit: ${circuit.id}`}
                            disabled={bring.busy()}
                            onClick={() => void bring.run(from(), circuit)}
                          >
                            Take in the circuit
                          </Button>
                        </div>
                      }
                    >
                      <ProgressBar
                        label={`Fetching ${circuit.id}`}
                        fraction={bytes() / totalBytes(circuit)}
                        words={`${bytesText(bytes())} of ${bytesText(totalBytes(circuit))}`}
                      />
                      <div class="row">
                        <Button icon="close" onClick={() => controller?.abort()}>
                          Stop
                        </Button>
                      </div>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        )}
      </Show>
    </div>
  );
}
