// The browser's side of its servers without a network: sockets that a test opens, answers and cuts, and a clock
// that it moves.
import { makeServerRecords, type ServerRecords } from '../../src/browser/server-records.ts';
import { makeServers, type Servers } from '../../src/browser/servers.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import type { Backend } from '../../src/core/ports.ts';
import { PROTOCOL_VERSION } from '../../src/core/wire/messages.ts';
import type { SealingKey } from '../../src/remote/sealing.ts';
import type { SocketEvent, SocketLike } from '../../src/remote/socket.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from './clock.ts';
import { memoryStorage } from './memory-storage.ts';
import { SeededRandom } from './random.ts';
import { testSeed } from './scale.ts';

/** The page's end of a connection; the test plays the server. */
class FakeSocket implements SocketLike {
  binaryType = '';
  readonly bufferedAmount = 0;
  closed = false;
  readonly sent: string[] = [];
  readonly #listeners = new Map<string, ((event: SocketEvent) => void)[]>();
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
  send(data: string | Uint8Array): void {
    this.sent.push(typeof data === 'string' ? data : `${data.length} bytes`);
  }
  close(): void {
    this.closed = true;
  }
  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  emit(type: string, event: SocketEvent = {}): void {
    if (type === 'close') this.closed = true;
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
  welcome(name = 'Office', serverId = `process of ${this.url}`, key?: SealingKey): void {
    this.emit('open');
    const { circuit } = requestFor('x');
    const data = {
      version: PROTOCOL_VERSION,
      serverId,
      name,
      privacy: 'Keeps nothing.',
      capacity: { slots: 2, busy: 0, queued: 0 },
      circuits: [{ id: circuit.id, digest: circuit.artifacts.zkey.sha256, constraints: 1, typicalMs: null }],
      pingIntervalMs: 10_000,
      maxPayloadBytes: 1_000_000,
      ...(key === undefined ? {} : { key }),
    };
    this.emit('message', { data: JSON.stringify({ type: 'welcome', data }) });
  }
}

export interface World {
  servers: Servers;
  records: ServerRecords;
  clock: VirtualClock;
  sockets: FakeSocket[];
  open(): FakeSocket[];
}

export function makeServersWorld(
  options: {
    seed?: number;
    records?: ServerRecords;
    onOpen?: (url: string) => void;
    local?: (clock: VirtualClock) => Backend;
  } = {},
): World {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  const records = options.records ?? makeServerRecords(() => storage, new EventTarget());
  const sockets: FakeSocket[] = [];
  const servers = makeServers({
    records,
    local: options.local === undefined ? [] : [options.local(clock)],
    createSocket(url) {
      options.onOpen?.(url);
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    page: new URL('https://gnomon.example/servers'),
    estimates: createEstimates(),
    clock,
    random: new SeededRandom(options.seed ?? testSeed),
  });
  return { servers, records, clock, sockets, open: () => sockets.filter(({ closed }) => !closed) };
}
