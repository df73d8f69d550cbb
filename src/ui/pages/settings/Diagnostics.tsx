// One click copies what helps to find a fault; it can be read before it is copied.
import { type JSX, Show } from 'solid-js';
import { CopyButton } from '../../components/Hash.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { diagnosticText } from './diagnostics.ts';

export function Diagnostics(): JSX.Element {
  const services = useServices();
  const text = createLoaded(
    () => null,
    async () =>
      diagnosticText({
        version: __GNOMON_VERSION__,
        userAgent: navigator.userAgent,
        screen: `${window.innerWidth}×${window.innerHeight} at ${window.devicePixelRatio}`,
        device: services.device,
        storage: await services.storage.facts(),
        settings: services.settings.read(),
        jobs: await services.jobs.list(),
      }),
  );
  return (
    <Section title="Diagnostics">
      <p class="quiet">
        Versions, facts about this device, timings and error codes. No names, no inputs, nothing of an
        identity.
      </p>
      <Show when={text.error()}>{(error) => <Notice error={error()} />}</Show>
      <Show when={text.value()}>
        {(ready) => (
          <>
            <div class="row">
              <CopyButton value={ready()} what="diagnostics" text="Copy diagnostics" />
            </div>
            <details>
              <summary>Read them first</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable */}
              <pre class="diagnostics mono small" tabIndex={0}>
                {ready()}
              </pre>
            </details>
          </>
        )}
      </Show>
    </Section>
  );
}
