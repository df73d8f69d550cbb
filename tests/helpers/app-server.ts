// Serves the built app from inside the test, so that a test can bend an answer, slow it down, cut it off, or
// stop the server and start it again on the same port.
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { createApp } from '../../worker-server/app.ts';
import { builtCircuits, projectFolder } from './app.ts';

/** Sees each request; `next` is the app's own answer. */
export type Around = (request: Request, next: () => Promise<Response>) => Promise<Response> | Response;

export interface AppServer {
  origin: string;
  port: number;
  /** Replaced at will; null leaves the app's answers alone. */
  around: Around | null;
  /** Every request so far: `GET /path`, with the Range header behind it when there was one. */
  requests: string[];
  /** Cuts every connection and stops listening. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  restart(): Promise<void>;
}

export interface AppServerOptions {
  /** dist/app unless told. */
  appFolder?: string;
  circuitsFolder?: string;
  around?: Around;
}

export async function serveApp(options: AppServerOptions = {}): Promise<AppServer> {
  const app = createApp({
    appFolder: options.appFolder ?? join(projectFolder, 'dist/app'),
    circuitsFolder: options.circuitsFolder ?? builtCircuits,
    version: 'test',
  });
  let listening: ServerType;
  const listen = (port: number) =>
    new Promise<number>((ready) => {
      listening = serve({ fetch: handle, hostname: '127.0.0.1', port }, (address) => ready(address.port));
    });
  const server: AppServer = {
    origin: '',
    port: 0,
    around: options.around ?? null,
    requests: [],
    stop: () =>
      new Promise<void>((done) => {
        listening.close(() => done());
        if ('closeAllConnections' in listening) listening.closeAllConnections();
      }),
    async restart() {
      await listen(server.port);
    },
  };
  function handle(request: Request): Promise<Response> | Response {
    const range = request.headers.get('range');
    const { pathname } = new URL(request.url);
    server.requests.push(`${request.method} ${pathname}${range === null ? '' : ` ${range}`}`);
    const next = async () => app.fetch(request);
    return server.around === null ? next() : server.around(request, next);
  }
  server.port = await listen(0);
  server.origin = `http://localhost:${server.port}`;
  return server;
}

export interface DribbleOptions {
  pieceBytes: number;
  /** Asked anew at each piece when it is a function. */
  everyMs: number | (() => number);
  /** After so many bytes nothing more comes, and the connection stays open. */
  thenStopAt?: number;
  onStop?: () => void;
}

/** The same answer, its body piece by piece. */
export function dribble(
  response: Response,
  { pieceBytes, everyMs, thenStopAt = Infinity, onStop }: DribbleOptions,
): Response {
  const reader = response.body?.getReader();
  if (reader === undefined) return response;
  let rest: Uint8Array = new Uint8Array();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (rest.length === 0) {
        const { value, done } = await reader.read();
        if (done) return controller.close();
        rest = value;
      }
      if (sent >= thenStopAt) {
        onStop?.();
        return new Promise(() => {});
      }
      const piece = rest.subarray(0, pieceBytes);
      rest = rest.subarray(piece.length);
      sent += piece.length;
      controller.enqueue(piece);
      const waitMs = typeof everyMs === 'number' ? everyMs : everyMs();
      if (waitMs > 0) await new Promise((wake) => setTimeout(wake, waitMs));
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, response);
}
