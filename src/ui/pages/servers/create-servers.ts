// The list of servers as live signals.
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import type { OffloadSettings, ServerView } from '../../../services/servers.ts';
import { useServices } from '../../services.ts';

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
  if (connectTo !== 'none') onCleanup(servers.observe(connectTo));
  return { servers: list, offload };
}
