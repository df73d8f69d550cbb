// Pages of others with the pipeline library in them: the packed library, host pages built by vite as their makers would,
// and a plain file server with the headers of one's choice.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import vue from '@vitejs/plugin-vue';
import { build } from 'vite';
import { buildLibrary } from '../../scripts/lib-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { builtCircuits } from './app.ts';

const run = promisify(execFile);
export const hostsFolder = join(projectFolder, 'tests/e2e/hosts');

export interface PackedLibrary {
  /** An empty folder but for node_modules/gnomon. */
  folder: string;
  /** node_modules/gnomon in it. */
  package: string;
  remove(): void;
}

/** Builds the library, packs it as npm does, and unpacks it as npm would install it. */
export async function packLibrary(): Promise<PackedLibrary> {
  await buildLibrary();
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-packed-'));
  const { stdout } = await run('npm', [
    'pack',
    '--json',
    '--pack-destination',
    folder,
    join(projectFolder, 'dist/lib'),
  ]);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const unpacked = join(folder, 'node_modules/gnomon');
  mkdirSync(unpacked, { recursive: true });
  await run('tar', ['-xzf', join(folder, filename), '-C', unpacked, '--strip-components', '1']);
  return { folder, package: unpacked, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Builds one of the host pages into a folder of the packed library's. `wsUrl` is the build's VITE_WS_URL. */
export async function buildHost(page: 'react' | 'vue', library: PackedLibrary, wsUrl = ''): Promise<string> {
  const outDir = join(library.folder, page);
  const isCustomElement = (tag: string) => tag.includes('-');
  await build({
    root: hostsFolder,
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { 'gnomon/pipeline': join(library.package, 'pipeline.js') } },
    define: { 'import.meta.env.VITE_WS_URL': JSON.stringify(wsUrl) },
    plugins: page === 'vue' ? [vue({ template: { compilerOptions: { isCustomElement } } })] : [],
    oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
    build: {
      outDir,
      emptyOutDir: true,
      chunkSizeWarningLimit: 5_000,
      rolldownOptions: { input: join(hostsFolder, `${page}.html`), checks: { pluginTimings: false } },
    },
  });
  return outDir;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

export const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export interface HostServer {
  origin: string;
  port: number;
  /** Paths asked for. */
  asked: string[];
  close(): void;
}

/** Serves folders by the first part of the path, `/` from the first that has the file. */
export async function serveHost(
  folders: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<HostServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    asked.push(path);
    const prefix = Object.keys(folders).find((one) => path.startsWith(one)) ?? '/';
    const file = join(folders[prefix] ?? '', path.slice(prefix.length));
    try {
      if (!statSync(file).isFile()) throw new Error('no file');
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, ...headers });
      response.end(readFileSync(file));
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    port,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const circuitsFolder = builtCircuits;
