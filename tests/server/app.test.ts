// The server over a real socket: headers on every answer, ranges, caching, paths that must not leave the folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../worker-server/app.ts';
import { SECURITY_HEADERS } from '../../worker-server/headers.ts';

const artifact = { url: 'tiny.zkey', bytes: 1000, sha256: 'a'.repeat(64) };
const entry = {
  id: 'tiny',
  capacity: null,
  constraints: 1,
  domain: 4,
  publicSignals: ['out'],
  setup: 'development',
  artifacts: { wasm: artifact, zkey: artifact, vkey: artifact },
};

let folder: string;
let server: ServerType;
let origin: string;
const zkey = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 251);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-app-'));
  mkdirSync(join(folder, 'app/assets'), { recursive: true });
  mkdirSync(join(folder, 'circuits'));
  writeFileSync(join(folder, 'app/index.html'), '<!doctype html><title>Gnomon</title>');
  writeFileSync(join(folder, 'app/assets/main-abc123.js'), 'export {};');
  writeFileSync(join(folder, 'circuits/tiny.zkey'), zkey);
  writeFileSync(join(folder, 'secret.txt'), 'not for anyone');
  const app = createApp({
    appFolder: join(folder, 'app'),
    circuitsFolder: join(folder, 'circuits'),
    version: '1.2.3',
  });
  server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(started));
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends a path as it stands; fetch would tidy `..` away. */
function rawGet(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('server', () => {
  it('says it is starting until there is a circuit, then that it is ready', async () => {
    const before = await (await fetch(`${origin}/health`)).json();
    expect(before).toMatchObject({ ready: false, status: 'starting', circuits: [], version: '1.2.3' });
    writeFileSync(join(folder, 'circuits/manifest.json'), JSON.stringify({ version: 1, circuits: [entry] }));
    const after = await (await fetch(`${origin}/health`)).json();
    expect(after).toMatchObject({ ready: true, status: 'ok', circuits: ['tiny'] });
  });

  it.each([
    '/',
    '/proofs/some-id',
    '/assets/main-abc123.js',
    '/circuits/tiny.zkey',
    '/nothing.js',
    '/health',
  ])('isolates and locks down %s', async (path) => {
    const response = await fetch(origin + path);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      expect(response.headers.get(name)).toBe(value);
    }
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    const directives = policy.split('; ');
    expect(directives).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(directives).toContain("object-src 'none'");
  });

  it('caches hashed files for good, pages and the manifest never unasked, circuits not at all', async () => {
    const caching = async (path: string) => (await fetch(origin + path)).headers.get('Cache-Control');
    expect(await caching('/assets/main-abc123.js')).toContain('immutable');
    expect(await caching('/')).toBe('no-cache');
    expect(await caching('/circuits/manifest.json')).toBe('no-cache');
    expect(await caching('/circuits/tiny.zkey')).toBe('no-store');
    expect(await caching('/assets/gone.js')).toBe('no-store');
  });

  it('gives ranges, so that downloads resume', async () => {
    const response = await fetch(`${origin}/circuits/tiny.zkey`, { headers: { Range: 'bytes=300-599' } });
    expect(response.status).toBe(206);
    expect(response.headers.get('Content-Range')).toBe('bytes 300-599/1000');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(zkey.slice(300, 600));
    const beyond = await fetch(`${origin}/circuits/tiny.zkey`, { headers: { Range: 'bytes=1000-' } });
    expect(beyond.status).toBe(416);
  });

  it('answers page paths with the app and missing files with a clear 404', async () => {
    const page = await fetch(`${origin}/proofs/some-id`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Gnomon</title>');
    const missing = await fetch(`${origin}/circuits/none.zkey`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: 'circuit.not-found', where: '/circuits/none.zkey' });
    expect((await fetch(`${origin}/none.js`)).status).toBe(404);
  });

  it('refuses to change anything', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await fetch(`${origin}/circuits/tiny.zkey`, { method })).status).toBe(404);
    }
  });

  it.each([
    '/../secret.txt',
    '/circuits/../../secret.txt',
    '/circuits/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/circuits/%2e%2e/%2e%2e/secret.txt',
    '//secret.txt',
    '/circuits//../../secret.txt',
    '/circuits/..\\..\\secret.txt',
  ])('does not leave its folders for %s', async (path) => {
    expect(await rawGet(path)).not.toContain('not for anyone');
  });

  it('says where a broken manifest is, and lives on', async () => {
    writeFileSync(join(folder, 'circuits/manifest.json'), '{"version":1,"circuits":[{"id":"x"}]}');
    const response = await fetch(`${origin}/circuits/manifest.json`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'circuit.manifest' });
    writeFileSync(join(folder, 'circuits/manifest.json'), JSON.stringify({ version: 1, circuits: [entry] }));
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });
});
