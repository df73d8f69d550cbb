// The list of servers as live signals.
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import type { OffloadSettings, ServerView } from '../../services/servers.ts';
import { useServices } from '../../services.ts';

export interface LiveServers {
  servers: Accessor<ServerView[]>;
  offload: Accessor<OffloadSettings>;
}

/** `observe`: stay connected to all of them meanwhile, so that their state is shown. */
export function createServers(observe: boolean): LiveServers {
  const { servers } = useServices();
  const [list, setList] = createSignal(servers.list());
  const [offload, setOffload] = createSignal(servers.offload());
  onCleanup(
    servers.watch(() => {
      setList(servers.list());
      setOffload(servers.offload());
    }),
  );
  if (observe) onCleanup(servers.observe());
  return { servers: list, offload };
}
