// Servers: whether proofs may be made elsewhere, on which machines, and what each may see.
import { For, type JSX, Show } from 'solid-js';
import type { OffloadMode, WhenLost } from '../../../core/backend-view.ts';
import { Checkbox } from '../../components/Field.tsx';
import { EmptyState, Page, Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { useServices } from '../../services.ts';
import { AddServer } from './AddServer.tsx';
import { createServers } from './create-servers.ts';
import { ServerCard } from './ServerCard.tsx';
import './servers.css';

const MODES: readonly { value: OffloadMode; title: string; text: string }[] = [
  {
    value: 'here',
    title: 'Only here',
    text: 'On this device, always. Servers are connected only while you look at this page, and get no input.',
  },
  {
    value: 'ask',
    title: 'Ask each time',
    text: 'You choose for each proof, among the servers you have allowed.',
  },
  {
    value: 'automatic',
    title: 'Wherever it is sooner',
    text: 'A proof that may leave goes where it will be done first. You see where, and why.',
  },
];

const WHEN_LOST: readonly { value: WhenLost; title: string; text: string }[] = [
  {
    value: 'elsewhere',
    title: 'Go on without it',
    text: 'The proof is made by another server that may have it, or here.',
  },
  {
    value: 'wait',
    title: 'Wait for this server',
    text: 'The proof waits until the server is back. You can still have it made here.',
  },
];

export default function ServersPage(): JSX.Element {
  const services = useServices();
  const live = createServers('all');
  createFocusKeeper(() => live.servers().length);
  return (
    <Page
      title="Servers"
      lead="A server can make proofs faster than this device, and it sees what goes into them. Every proof that comes back is checked here."
    >
      <Section title="Where proofs are made">
        <RadioCards
          legend="Proofs are made"
          value={live.offload().mode}
          onChange={(mode) => services.servers.setOffload({ ...live.offload(), mode })}
          options={MODES}
        />
        <Show when={live.offload().mode === 'automatic'}>
          <Checkbox
            label="New proofs may leave"
            hint="Unless you keep one here when you start it. Those already started stay as they are."
            checked={live.offload().tier === 'may-offload'}
            onChange={(may) =>
              services.servers.setOffload({ ...live.offload(), tier: may ? 'may-offload' : 'local-only' })
            }
          />
        </Show>
        <Show when={live.offload().mode !== 'here'}>
          <RadioCards
            legend="When a server is lost in mid-proof, or the one you chose is not there"
            value={live.offload().whenLost}
            onChange={(whenLost) => services.servers.setOffload({ ...live.offload(), whenLost })}
            options={WHEN_LOST}
          />
        </Show>
      </Section>
      <Section title="Your servers">
        <Show
          when={live.servers().length > 0}
          fallback={
            <EmptyState title="No servers yet">Add one below. It sees nothing until you allow it.</EmptyState>
          }
        >
          <ul class="server-list">
            <For each={live.servers().map(({ id }) => id)}>
              {(id) => (
                <Show when={live.servers().find((server) => server.id === id)}>
                  {(server) => <ServerCard server={server()} mode={live.offload().mode} />}
                </Show>
              )}
            </For>
          </ul>
        </Show>
      </Section>
      <AddServer live={live} />
    </Page>
  );
}
