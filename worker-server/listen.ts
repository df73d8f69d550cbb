// The listening socket: how slow, how many and how greedy clients may be before they are cut off, so that whatever they
// do, memory stays bounded.
import { createServer, type Server, type ServerOptions } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { ServerConfig } from './config.ts';
import { boundRequestsAhead } from './requests-ahead.ts';

/** A client that sends its request this slowly is cut off. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
/** How often slow requests are looked for; Node's own 30 s would let them stay that much longer. */
const LOOK_MS = 5_000;
/** Beside the WebSockets: requests under way, and pages that keep a connection. */
const PLAIN_CONNECTIONS = 1_024;
/** After so long the kernel asks whether the other machine is still there. */
const KEEP_ALIVE_MS = 30_000;
/** Requests sent ahead on one connection. Each is answered at once and its answer kept until the ones before it have
 * been read, so that a client that reads nothing could fill the memory. Browsers and curl send none ahead. */
const MAX_AHEAD = 8;

export function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port, limits }: ServerConfig,
): Promise<Server> {
  const options: ServerOptions = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: LOOK_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    ...boundRequestsAhead(MAX_AHEAD),
  };
  const server = createServer(options, getRequestListener(fetch, { hostname: host }));
  // Half-open ones hold memory too.
  server.maxConnections = limits.maxSockets + PLAIN_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

export function addressPort(server: Server, otherwise: number): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : otherwise;
}
