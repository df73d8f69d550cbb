// A WebSocket client that only speaks: it shows what the server says to whoever is at the other end.
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/core/wire/messages.ts';
import { parseServerMessage } from '../../src/core/wire/parse.ts';

export interface WireClient {
  socket: WebSocket;
  messages: ServerMessage[];
  send(message: unknown): void;
  /** The first message, from those that have come or are to come, that fits; each is given out once. */
  next<T extends ServerMessage['type']>(
    type: T | readonly T[],
    fits?: (message: Extract<ServerMessage, { type: T }>) => boolean,
  ): Promise<Extract<ServerMessage, { type: T }>>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface WireClientOptions {
  path?: string;
  origin?: string;
  token?: string;
  /** Answer pings; true unless told. */
  pong?: boolean;
}

const LIMIT_MS = 60_000;

/** Rejects with the HTTP status when the server does not let it in. */
export function connectWire(port: number, options: WireClientOptions = {}): Promise<WireClient> {
  const { path = '/ws', origin, token, pong = true } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    ...(origin === undefined ? {} : { origin }),
    ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
    autoPong: pong,
  });
  const messages: ServerMessage[] = [];
  const pending: ServerMessage[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    const message = parseServerMessage(String(data));
    messages.push(message);
    pending.push(message);
    if (message.type === 'ping' && pong) socket.send('{"type":"pong"}');
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: String(reason) });
      wake();
    });
  });
  const client: WireClient = {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next<T extends ServerMessage['type']>(
      type: T | readonly T[],
      fits: (message: Extract<ServerMessage, { type: T }>) => boolean = () => true,
    ) {
      type Wanted = Extract<ServerMessage, { type: T }>;
      const types: readonly string[] = Array.isArray(type) ? type : [type];
      for (const endMs = Date.now() + LIMIT_MS; ; ) {
        const at = pending.findIndex((message) => types.includes(message.type) && fits(message as Wanted));
        if (at >= 0) return pending.splice(at, 1)[0] as Wanted;
        if (socket.readyState === WebSocket.CLOSED || Date.now() > endMs) {
          throw new Error(
            `No ${types.join(' or ')} came; what came: ${messages.map((message) => message.type).join(', ')}`,
          );
        }
        await Promise.race([
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
          new Promise((resolve) => setTimeout(resolve, 200)),
        ]);
      }
    },
  };
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(client));
    socket.on('unexpected-response', (_request, response) => {
      reject(new Error(`HTTP ${response.statusCode}`));
      socket.terminate();
    });
    socket.on('error', reject);
  });
}
