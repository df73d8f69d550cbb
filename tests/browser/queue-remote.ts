// A worker server for the queue page, which its person has allowed everything: only jobs that are sent to it go there.
import type { PlacementPolicy } from '../../src/core/backend-view.ts';
import type { Backend, BackendList } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';

export const SERVER_ID = 'server:office';

export const sendsWhereAsked = (): PlacementPolicy => ({
  mode: 'ask',
  permission: () => 'secrets',
  setAside: () => null,
  withoutExpectation: 'stay',
});

/** This device, and the server. */
export function withServer(own: Backend, url: string): BackendList {
  const server = makeRemoteBackend({
    id: SERVER_ID,
    url,
    open: (address) => new WebSocket(address),
    clock: systemClock,
    random: systemRandom,
  });
  server.start();
  return { list: () => [own, server], watch: (listener) => server.watch(listener) };
}
