// A worker server in memory: the real sessions, queue and scheduler, with a scripted prover and no socket.
import { GnomonError } from '../../src/core/errors.ts';
import { openSession } from '../../worker-server/ws/session.ts';
import { makeSubscriptions } from '../../worker-server/ws/subscriptions.ts';
import { makeScriptedServer, type ScriptedServerOptions } from './scripted-server.ts';
import type { Peer } from './wire.ts';

export interface MemoryServer {
  accept(peer: Peer): void;
  /** Gone without a word, with all it knew. */
  kill(): void;
  /** How often each of its jobs was begun. */
  readonly begun: Map<string, number>;
  readonly working: number;
  /** Messages that it takes before it says that they are too many; without end, unless a test says so. */
  allowance: number;
}

const PING_MS = 10_000;
const tooManyRequests = () =>
  new GnomonError('resource.rate-limit', 'Too many requests.', { nextStep: 'Wait and try again.' });

export async function makeMemoryServer(options: ScriptedServerOptions): Promise<MemoryServer> {
  const { clock } = options;
  const { parts, backend, begun } = await makeScriptedServer(options);
  const subscriptions = makeSubscriptions(parts.jobs);
  let alive = true;
  const server: MemoryServer = {
    allowance: Number.POSITIVE_INFINITY,
    begun,
    get working() {
      return backend.working.size;
    },
    accept(peer) {
      const session = openSession(
        { send: (text) => alive && peer.send(text), buffered: () => 0, close: (code) => peer.close(code) },
        { parts, subscriptions, caller: null, onHello: () => {} },
      );
      let unsetPing = () => {};
      const ping = () => {
        if (!alive) return;
        session.ping();
        unsetPing = clock.setTimer(PING_MS, ping);
      };
      unsetPing = clock.setTimer(PING_MS, ping);
      let inbox = Promise.resolve();
      peer.onData = (data) => {
        inbox = inbox.then(() => {
          if (!alive) return;
          return typeof data === 'string' ? session.text(data) : session.binary(data);
        });
      };
      peer.onClose = () => {
        unsetPing();
        session.end();
      };
    },
    kill() {
      alive = false;
    },
  };
  parts.rate = {
    spend() {
      if (--server.allowance < 0) throw tooManyRequests();
    },
  };
  return server;
}
