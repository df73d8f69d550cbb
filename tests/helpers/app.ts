// Starts the built server as a real process, or serves a test page with the very same headers.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { build } from 'vite';
import { createApp } from '../../worker-server/app.ts';

export const projectFolder = resolve(import.meta.dirname, '../..');
export const builtCircuits = join(projectFolder, 'circuits/build');

export interface RunningServer {
  origin: string;
  port: number;
  /** Ends it, at once when `signal` is SIGKILL. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The server that `npm start` runs, from dist/, on a free port (or the one given). */
export async function startServer(
  options: { circuits?: string; port?: number } = {},
): Promise<RunningServer> {
  const main = join(projectFolder, 'dist/server/main.js');
  if (!existsSync(main)) throw new Error('The server is not built: run npm run build first.');
  const child: ChildProcess = spawn(
    process.execPath,
    [main, '--port', String(options.port ?? 0), '--circuits', options.circuits ?? builtCircuits],
    { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  let complaint = '';
  child.stderr?.on('data', (data) => {
    complaint += String(data);
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const port = await new Promise<number>((ready, fail) => {
    child.once('message', (message) => ready((message as { port: number }).port));
    child.once('exit', (code) => fail(new Error(`The server ended with ${code}: ${complaint}`)));
  });
  return {
    origin: `http://localhost:${port}`,
    port,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}

/** Builds a page around a TypeScript entry of tests/ and serves it, with circuits, under the app's headers. */
export async function serveTestPage(entry: string, circuits = builtCircuits): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-page-'));
  const name = basename(entry);
  await build({
    root: resolve(entry, '..'),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: folder, emptyOutDir: true, target: 'es2022', minify: false },
    plugins: [
      {
        name: 'test-page',
        resolveId: (id) => (id.endsWith('index.html') ? id : null),
        load: (id) =>
          id.endsWith('index.html')
            ? `<!doctype html><title>test</title><script type="module" src="./${name}"></script>`
            : null,
      },
    ],
  });
  const app = createApp({ appFolder: folder, circuitsFolder: circuits, version: 'test' });
  const server = await new Promise<ServerType>((ready) => {
    const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => ready(started));
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    port,
    async stop() {
      await new Promise<void>((done) => {
        server.close(() => done());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
