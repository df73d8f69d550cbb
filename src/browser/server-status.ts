// How servers are, told by the tab that is connected to them to those that are not: one tab schedules for all, and
// each shows the same.

import { createListeners } from '../core/listeners.ts';
import type { RemoteBackend } from '../remote/remote-backend.ts';
import type { ServerView } from '../services/servers.ts';

export type ServerStatus = Pick<ServerView, 'phase' | 'error' | 'roundTripMs' | 'running' | 'says'>;

export const NOT_CONNECTED: ServerStatus = {
  phase: 'idle',
  error: null,
  roundTripMs: null,
  running: 0,
  says: null,
};

export function ownStatus(backend: RemoteBackend): ServerStatus {
  const { phase, error, roundTripMs, running, welcome } = backend.status();
  return {
    phase,
    error,
    roundTripMs,
    running,
    says: welcome && {
      privacy: welcome.privacy,
      keyId: welcome.key?.id ?? null,
      ...welcome.capacity,
      circuits: welcome.circuits.map(({ id, typicalMs }) => ({ id, typicalMs })),
    },
  };
}

export type Statuses = Record<string, ServerStatus>;

export interface SharedStatus {
  /** As the connected tab told it last. */
  of(id: string): ServerStatus | undefined;
  /** Tells the others, when something has changed since. */
  publish(statuses: Statuses): void;
  watch(listener: () => void): () => void;
}

type Message = { type: 'ask' } | { type: 'statuses'; statuses: Statuses };

/** Works within one tab where there is no `channel`. */
export function makeSharedStatus(channel: BroadcastChannel | undefined): SharedStatus {
  const listeners = createListeners<void>();
  let told: Statuses = {};
  let published: string | null = null;
  const say = (message: Message) => channel?.postMessage(message);
  if (channel !== undefined) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.type === 'ask') {
        if (published !== null) say({ type: 'statuses', statuses: JSON.parse(published) });
        return;
      }
      // Whoever was the connected tab before is not any more.
      published = null;
      told = data.statuses;
      listeners.emit();
    };
    say({ type: 'ask' });
  }
  return {
    of: (id) => told[id],
    publish(statuses) {
      const now = JSON.stringify(statuses);
      if (now === published) return;
      published = now;
      say({ type: 'statuses', statuses });
    },
    watch: (listener) => listeners.add(listener),
  };
}
