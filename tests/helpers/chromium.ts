// Starts a real Chromium for tests, and serves pages to it from http://localhost (a secure context, so
// that IndexedDB, locks and crypto work). Finding or installing a browser is the test command's job.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser to test with: `GNOMON_CHROMIUM`, else the system's. Throws, saying what to do. */
export function chromiumPath(): string {
  const path = process.env.GNOMON_CHROMIUM || '/usr/bin/chromium';
  if (!existsSync(path)) {
    throw new Error(`No Chromium at ${path}. Install one, or set GNOMON_CHROMIUM to its path.`);
  }
  return path;
}

/** A browser with a throw-away profile; close it when done. */
export function launchChromium(extraFlags: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [...CHROMIUM_FLAGS, ...extraFlags],
  });
}

export interface ServedFile {
  type: string;
  body: string | Uint8Array;
}

export interface PageServer {
  /** e.g. `http://localhost:41234`, without a slash at the end. */
  origin: string;
  close(): Promise<void>;
}

/** Serves files by path (`/` is the page), cross-origin isolated unless told, on a free port. */
export async function servePages(
  files: Record<string, ServedFile>,
  { isolated = true } = {},
): Promise<PageServer> {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://localhost').pathname];
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': file?.type ?? 'text/plain',
      ...(isolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      }),
      'cache-control': 'no-store',
    });
    response.end(file?.body ?? 'not found');
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}
