// WebSockets of the server: who may upgrade, how many, and which are dropped. Sessions do the talking.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import { MAX_FRAME_BYTES } from '../../src/core/wire/frames.ts';
import { CLIENT_TEXT_LIMITS } from '../../src/core/wire/limits.ts';
import { CLOSE_CODES, PING_INTERVAL_MS } from '../../src/core/wire/messages.ts';
import { wrongOrigin } from '../api/access.ts';
import type { Caller } from '../callers.ts';
import type { ServerParts } from '../parts.ts';
import { shuttingDown } from '../refusals.ts';
import { openSession, type Session } from './session.ts';
import { makeSubscriptions } from './subscriptions.ts';
import { makeUnsent } from './unsent.ts';

export interface Sockets {
  count(): number;
  /** Says goodbye to everyone (1001) and cuts those who do not answer. */
  close(): Promise<void>;
}

const PATHS = new Set(['/', '/ws']);
/** Of all connections, those that have not said yet who they are: nobody without a token keeps others out. */
const STRANGERS_SHARE = 1 / 8;
/** No owner is called that: they share one client's rate of pings. */
const STRANGERS = 'strangers';
/** How long a connection may take to say who it is. */
const HELLO_MS = 10_000;
/** Messages of one connection that wait for the one before; more, and it is not read from. */
const MAX_INBOX = 16;
const GOODBYE_MS = 1_000;
/** What all connections together may have to take yet. */
const UNSENT_BYTES = 256 * 1024 * 1024;
/** Who has not taken so much gets no answers to pings on top. */
const PING_UNSENT_BYTES = 64 * 1024;

interface Connection {
  socket: WebSocket;
  session: Session;
  /** Since the last ping. */
  heard: boolean;
}

export interface SocketsOptions {
  /** An upgrade was refused; the path has no query. */
  onRefused?: (path: string, error: ErrorData) => void;
}

export function attachSockets(server: Server, parts: ServerParts, options: SocketsOptions = {}): Sockets {
  const wss = new WebSocketServer({
    noServer: true,
    // Each connection would keep a compressor's memory.
    perMessageDeflate: false,
    // Answered below, at the price of a message.
    autoPong: false,
    maxPayload: Math.max(MAX_FRAME_BYTES, CLIENT_TEXT_LIMITS.maxBytes),
  });
  const subscriptions = makeSubscriptions(parts.jobs);
  const unsent = makeUnsent(UNSENT_BYTES);
  const connections = new Set<Connection>();

  const countOf = (owner: string): number => {
    let count = 0;
    for (const { session } of connections) if (session.owner() === owner) count++;
    return count;
  };
  const strangers = (): number => {
    let count = 0;
    for (const { session } of connections) if (session.owner() === null) count++;
    return count;
  };
  const refuseCrowd = (owner: string): void => {
    if (countOf(owner) < parts.limits.maxSocketsPerClient) return;
    throw new GnomonError('resource.rate-limit', 'This client has too many open connections.', {
      nextStep: 'Use one connection for all jobs.',
    });
  };

  /** Throws when the request may not become a WebSocket. */
  async function admit(request: IncomingMessage): Promise<Caller | null> {
    const { origin = null, host = null, authorization = '' } = request.headers as Record<string, string>;
    const path = pathOf(request);
    if (!PATHS.has(path)) throw notHere(path);
    if (!parts.origins.allowsHost(host) || !parts.origins.allows(origin)) throw wrongOrigin();
    if (parts.stopping()) throw shuttingDown('Connect again in a moment.');
    if (connections.size >= parts.limits.maxSockets) throw crowded();
    const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? null;
    if (!parts.callers.open && token === null) {
      if (strangers() >= Math.max(1, STRANGERS_SHARE * parts.limits.maxSockets)) throw crowded();
      return null;
    }
    const caller = await parts.callers.identify(token);
    refuseCrowd(caller.owner);
    return caller;
  }

  const onUpgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> => {
    stream.on('error', () => stream.destroy());
    if (stream.destroyed) return;
    try {
      const caller = await admit(request);
      wss.handleUpgrade(request, stream, head, (socket) => connect(socket, caller));
    } catch (thrown) {
      const error = toErrorData(thrown);
      options.onRefused?.(pathOf(request).slice(0, 100), error);
      turnAway(stream, error);
    }
  };

  function connect(socket: WebSocket, caller: Caller | null): void {
    const outlet = unsent.outlet(socket, () => session.owner());
    const session = openSession(
      {
        ...outlet,
        close: (code, reason) => bye(socket, code, reason),
      },
      { parts, subscriptions, caller, onHello: refuseCrowd },
    );
    const connection: Connection = { socket, session, heard: true };
    connections.add(connection);
    const unsetHello = parts.clock.setTimer(HELLO_MS, () => {
      if (session.owner() === null) bye(socket, CLOSE_CODES.unauthorised, 'no hello');
    });
    let inbox = Promise.resolve();
    let waiting = 0;
    socket.on('message', (data, isBinary) => {
      connection.heard = true;
      if (++waiting >= MAX_INBOX) socket.pause();
      const bytes = data as Buffer;
      inbox = inbox
        .then(() => (isBinary ? session.binary(bytes) : session.text(bytes.toString('utf8'))))
        // A session answers its own errors; whatever else comes ends this one connection.
        .catch(() => socket.terminate())
        .then(() => {
          if (--waiting < MAX_INBOX) socket.resume();
        });
    });
    socket.on('pong', () => {
      connection.heard = true;
    });
    // Not heard by that: it may be that it reads nothing.
    socket.on('ping', async (data: Buffer) => {
      if (socket.bufferedAmount > PING_UNSENT_BYTES) return socket.terminate();
      try {
        await parts.rate.spend(session.owner() ?? STRANGERS);
        socket.pong(data);
      } catch {
        bye(socket, CLOSE_CODES.tooMany, 'too many pings');
      }
    });
    // ws closes after it; without a listener it would be an uncaught exception.
    socket.on('error', () => {});
    socket.on('close', () => {
      unsetHello();
      connections.delete(connection);
      session.end();
    });
  }

  /** Who has not been heard of since the last ping is gone, or as good as. */
  const pinging = setInterval(() => {
    for (const { socket, session, ...rest } of connections) {
      if (!rest.heard) {
        socket.terminate();
        continue;
      }
      if (socket.readyState !== WebSocket.OPEN) continue;
      socket.ping();
      session.ping();
    }
    for (const connection of connections) connection.heard = false;
  }, PING_INTERVAL_MS);
  pinging.unref();

  server.on('upgrade', onUpgrade);
  return {
    count: () => connections.size,
    async close() {
      clearInterval(pinging);
      server.off('upgrade', onUpgrade);
      for (const { socket } of connections) bye(socket, 1001, 'the server is shutting down');
      const deadline = Date.now() + GOODBYE_MS;
      while (connections.size > 0 && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, 20));
      for (const { socket } of connections) socket.terminate();
      subscriptions.close();
      wss.close();
    },
  };
}

/** The raw path: a URL parser would take `//` for a host. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/\?.*$/, '');
}

/** Closes in good order; one who does not answer is cut off soon. */
function bye(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  // A paused socket would never read the answer.
  socket.resume();
  setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
}

const STATUS: Record<string, string> = {
  'input.not-found': '404 Not Found',
  'input.token': '401 Unauthorized',
  'input.token-missing': '401 Unauthorized',
  'network.origin': '403 Forbidden',
  'resource.rate-limit': '429 Too Many Requests',
};

/** Whether or not the other side reads it or closes too: Node's own limits of time do not hold for upgraded sockets. */
function turnAway(stream: Duplex, error: ErrorData): void {
  const body = JSON.stringify({ success: false, error });
  const status = STATUS[error.code] ?? '503 Service Unavailable';
  stream.once('finish', () => stream.destroy());
  setTimeout(() => stream.destroy(), GOODBYE_MS).unref();
  stream.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function notHere(where: string): GnomonError {
  return new GnomonError('input.not-found', 'There is no WebSocket at this path.', {
    where: where.slice(0, 100),
    nextStep: 'Connect to / or /ws.',
  });
}

function crowded(): GnomonError {
  return new GnomonError('resource.crowded', 'This server has as many connections as it takes.', {
    nextStep: 'Try again later.',
  });
}
