// The list of servers as live signals.
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import type { OffloadSettings, ServerView } from '../../../services/servers.ts';
import { useServices } from '../../services.ts';

export interface LiveServers {
  servers: Accessor<ServerView[]>;
  offload: Accessor<OffloadSettings>;
}

/** `all` also connects to servers that nothing goes to, so only as long as somebody can see what comes of it. */
function whileSeen(observe: () => () => void): () => void {
  let end: (() => void) | null = null;
  const follow = () => {
    const seen = document.visibilityState === 'visible';
    if (seen) end ??= observe();
    else {
      end?.();
      end = null;
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    end?.();
  };
}

/** Stays connected meanwhile to those that it names, so that their state and what they would take are known; this
 * tab may not be the one that schedules. */
export function createServers(connectTo: 'all' | 'allowed' | 'none'): LiveServers {
  const { servers } = useServices();
  const [list, setList] = createSignal(servers.list());
  const [offload, setOffload] = createSignal(servers.offload());
  onCleanup(
    servers.watch(() => {
      setList(servers.list());
      setOffload(servers.offload());
    }),
  );
  if (connectTo === 'all') onCleanup(whileSeen(() => servers.observe('all')));
  else if (connectTo === 'allowed') onCleanup(servers.observe('allowed'));
  return { servers: list, offload };
}
