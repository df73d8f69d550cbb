// The list of servers as live signals.
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import type { OffloadSettings, ServerView } from '../../../services/servers.ts';
import { useServices } from '../../services.ts';
import { whileSeen } from '../../while-seen.ts';

export interface LiveServers {
  servers: Accessor<ServerView[]>;
  offload: Accessor<OffloadSettings>;
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
  // All: also those that nothing goes to, so only as long as somebody can see what comes of it.
  if (connectTo === 'all') onCleanup(whileSeen(() => servers.observe('all')));
  else if (connectTo === 'allowed') onCleanup(servers.observe('allowed'));
  return { servers: list, offload };
}
