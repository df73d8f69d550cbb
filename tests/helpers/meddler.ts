// A WebSocket proxy in front of a worker server that can look, change, hold up and cut: what a lying server or a bad
// network does, over real sockets.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { SeededRandom } from './random.ts';

export interface Meddler {
  /** As a page would be given it. */
  origin: string;
  /** Everything that clients sent, as Latin-1 text. */
  readonly sent: string[];
  /** Changes what the server says; null says nothing. */
  answer: (text: string) => string | null;
  connections(): number;
  cutAll(): void;
  close(): Promise<void>;
}

/** With `chaos`, messages both ways are delayed, repeated and cut off by its seed. */
export async function startMeddler(
  target: string,
  options: { origin?: string; chaos?: SeededRandom } = {},
): Promise<Meddler> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const pairs = new Set<[WebSocket, WebSocket]>();
  const sent: string[] = [];
  const meddler: Meddler = {
    origin: '',
    sent,
    answer: (text) => text,
    connections: () => pairs.size,
    cutAll() {
      for (const pair of pairs) for (const socket of pair) socket.terminate();
    },
    async close() {
      meddler.cutAll();
      server.close();
      http.closeAllConnections();
      await new Promise<void>((done) => http.close(() => done()));
    },
  };
  /** In order: each message waits for the one before it. */
  const lane = (cut: () => void) => {
    const { chaos } = options;
    let before = Promise.resolve();
    return (pass: () => void): void => {
      if (chaos === undefined) {
        pass();
        return;
      }
      const [waitMs, times, cuts] = [chaos.below(40), chaos.chance(0.05) ? 2 : 1, chaos.chance(0.02)];
      before = before.then(async () => {
        await new Promise((wake) => setTimeout(wake, waitMs));
        if (cuts) cut();
        else for (let time = 0; time < times; time++) pass();
      });
    };
  };
  server.on('connection', (client) => {
    const upstream = new WebSocket(target, options.origin === undefined ? {} : { origin: options.origin });
    const pair: [WebSocket, WebSocket] = [client, upstream];
    pairs.add(pair);
    const waiting: [Buffer, boolean][] = [];
    const cut = () => {
      for (const socket of pair) socket.terminate();
    };
    const [up, down] = [lane(cut), lane(cut)];
    client.on('message', (data, isBinary) => {
      sent.push((data as Buffer).toString('latin1'));
      up(() => {
        if (upstream.readyState === WebSocket.OPEN) upstream.send(data as Buffer, { binary: isBinary });
        else if (upstream.readyState === WebSocket.CONNECTING) waiting.push([data as Buffer, isBinary]);
      });
    });
    upstream.on('open', () => {
      for (const [data, isBinary] of waiting.splice(0)) upstream.send(data, { binary: isBinary });
    });
    upstream.on('message', (data) => {
      const text = meddler.answer((data as Buffer).toString('utf8'));
      down(() => {
        if (text !== null && client.readyState === WebSocket.OPEN) client.send(text);
      });
    });
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.terminate();
    };
    for (const socket of pair) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  meddler.origin = `http://localhost:${(http.address() as AddressInfo).port}`;
  return meddler;
}
