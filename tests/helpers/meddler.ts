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

/** With `chaos`, messages both ways are delayed, trickled in fragments, repeated and cut off by its seed. */
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
    return (to: WebSocket, data: Buffer | string, binary: boolean): void => {
      const pass = () => {
        if (to.readyState === WebSocket.OPEN) to.send(data, { binary });
      };
      if (chaos === undefined) {
        pass();
        return;
      }
      const [waitMs, times, cuts] = [chaos.below(40), chaos.chance(0.05) ? 2 : 1, chaos.chance(0.02)];
      const pieces = chaos.chance(0.1) ? 2 + chaos.below(8) : 1;
      before = before.then(async () => {
        await pause(waitMs);
        if (cuts) cut();
        else if (pieces > 1) await trickle(to, Buffer.from(data), binary, pieces);
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
      if (upstream.readyState === WebSocket.CONNECTING) waiting.push([data as Buffer, isBinary]);
      else up(upstream, data as Buffer, isBinary);
    });
    upstream.on('open', () => {
      for (const [data, isBinary] of waiting.splice(0)) up(upstream, data, isBinary);
    });
    upstream.on('message', (data) => {
      const text = meddler.answer((data as Buffer).toString('utf8'));
      if (text !== null) down(client, text, false);
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

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** One message as a few fragments, with time between them. */
async function trickle(to: WebSocket, data: Buffer, binary: boolean, pieces: number): Promise<void> {
  const size = Math.ceil(data.length / pieces);
  for (let at = 0; at < data.length && to.readyState === WebSocket.OPEN; at += size) {
    to.send(data.subarray(at, at + size), { binary, fin: at + size >= data.length });
    await pause(10);
  }
}
