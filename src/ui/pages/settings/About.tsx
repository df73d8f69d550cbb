// What this app is, its version, and under which licences it and its parts come.
import { For, type JSX } from 'solid-js';
import { Facts } from '../../components/Marks.tsx';
import { Section } from '../../components/Page.tsx';
import { useServices } from '../../services.ts';
import { PARTS } from './parts.ts';

export function About(): JSX.Element {
  const { device } = useServices();
  return (
    <>
      <Section title="About">
        <Facts
          items={[
            { term: 'Version', value: <>Gnomon {__GNOMON_VERSION__}</> },
            { term: 'This device', value: <>{device.threads} threads</> },
            {
              term: 'Shared memory',
              value: <>{device.crossOriginIsolated ? 'Yes' : 'No, so proofs take longer'}</>,
            },
          ]}
        />
      </Section>
      <Section title="Licences">
        <p class="quiet">
          Gnomon’s own sources are under the MIT licence. With snarkjs in it, the app as a whole is under
          GPL-3.0.
        </p>
        <details>
          <summary>Its parts</summary>
          <ul class="licences small">
            <For each={PARTS}>
              {({ name, licence }) => (
                <li>
                  <span class="mono">{name}</span> {licence}
                </li>
              )}
            </For>
          </ul>
        </details>
      </Section>
    </>
  );
}
