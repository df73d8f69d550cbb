// The servers that proofs may go to, on every page: which, and whether they are reached. Nothing while none is in use.
import { A } from '@solidjs/router';
import { createMemo, type JSX, Show } from 'solid-js';
import { Icon } from '../components/Icon.tsx';
import { createServers } from '../pages/servers/create-servers.ts';
import { inUseWords } from '../pages/servers/server-words.ts';

export function ServersInUse(): JSX.Element {
  const live = createServers('none');
  const words = createMemo(() => inUseWords(live.servers(), live.offload().mode));
  return (
    <Show when={words()}>
      {(say) => (
        <A
          href="/servers"
          class="shell-servers"
          classList={{ 'shell-servers-away': !say().well }}
          aria-label={`Servers in use. ${say().long}`}
          title={say().long}
        >
          <Icon name={say().well ? 'server' : 'offline'} sizePx={16} />
          <span class="shell-servers-word">{say().short}</span>
        </A>
      )}
    </Show>
  );
}
