// The built library in real pages from a plain file server: with isolation headers and without, over an address
// that is no secure context, and under a policy that allows no threads.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLibrary } from '../../scripts/lib-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { testData } from '../helpers/data.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const NO_THREADS = {
  'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'",
};
const PLACES = [
  { name: 'with isolation headers', host: 'localhost', headers: ISOLATION, isolated: true, secure: true },
  { name: 'without any header', host: 'localhost', headers: {}, isolated: false, secure: true },
  {
    name: 'over plain http in a network',
    host: 'plain.example',
    headers: {},
    isolated: false,
    secure: false,
  },
  {
    name: 'where no threads may start',
    host: 'localhost',
    headers: NO_THREADS,
    isolated: false,
    secure: true,
  },
];

let browser: Browser;
let tiny: TinyCircuit;
beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildLibrary()]);
  browser = await launchChromium(['--host-resolver-rules=MAP plain.example 127.0.0.1']);
});
afterAll(async () => {
  await browser?.close();
  tiny?.remove();
});

const TYPES: Record<string, string> = { js: 'text/javascript', html: 'text/html' };

/** Serves the library, one page, and the circuit's files; notes what is asked for. */
async function serveFiles(headers: Record<string, string>, files: Record<string, string>) {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const name = basename(new URL(request.url ?? '/', 'http://localhost').pathname) || 'index.html';
    if (name === 'favicon.ico') return void response.writeHead(404).end();
    asked.push(name);
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...headers });
    if (name === 'index.html') response.end('<!doctype html><script type="module" src="page.js"></script>');
    else if (name === 'page.js') {
      response.end("import { groth16 } from './gnomon.js'; globalThis.groth16 = groth16;");
    } else {
      const file = readFileSync(files[name] ?? join(projectFolder, 'dist/lib', name));
      if (request.url?.endsWith('?stalls')) response.write(file.subarray(0, file.length / 2));
      else response.end(file);
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port, asked, close };
}

interface Made {
  proof: unknown;
  publicSignals: string[];
  warnings: string[];
}

/** One proof in the page, from addresses relative to it, and the page's own verdicts. */
function prove(page: Page, input: CircuitInput, name: string): Promise<Made & { verdicts: boolean[] }> {
  const call = async ({ input, name }: { input: never; name: string }) => {
    const { groth16 } = globalThis as unknown as typeof import('../../src/embed/gnomon.ts');
    const warnings: string[] = [];
    const logger = { warn: (text: string) => void warnings.push(text) };
    const made = await groth16.fullProve(input, `${name}.wasm`, `./${name}.zkey`, logger);
    const vkey: unknown = await (await fetch(`${name}.vkey.json`)).json();
    const verdicts = [
      await groth16.verify(vkey, made.publicSignals, made.proof),
      await groth16.verify(vkey, [...made.publicSignals].reverse().concat('1'), made.proof),
    ];
    return { ...made, warnings, verdicts };
  };
  return page.evaluate(call as never, { input, name } as never);
}

describe.each(PLACES)('a page $name', ({ host, headers, isolated, secure }) => {
  it('proves twice and verifies, from one file', async () => {
    const names = ['product.wasm', 'product.zkey', 'product.vkey.json'];
    const files = Object.fromEntries(names.map((name) => [name, join(tiny.folder, name)]));
    const server = await serveFiles(headers, files);
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(`http://${host}:${server.port}/`);
      await page.waitForFunction(() => 'groth16' in globalThis);
      expect(await page.evaluate(() => [crossOriginIsolated, isSecureContext])).toEqual([isolated, secure]);
      const vkey: unknown = JSON.parse(readFileSync(join(tiny.folder, 'product.vkey.json'), 'utf8'));
      for (let round = 0; round < 2; round++) {
        const { proof, publicSignals, warnings, verdicts } = await prove(page, tiny.input, 'product');
        expect(publicSignals).toEqual(tiny.publicSignals);
        expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
        expect(verdicts).toEqual([true, false]);
        // Threads are tried once, not at the expense of the key that one thread has converted.
        expect(warnings.length).toBe(headers === NO_THREADS && round === 0 ? 1 : 0);
      }
      expect(new Set(server.asked)).toEqual(new Set(['index.html', 'page.js', 'gnomon.js', ...names]));
      expect(errors).toEqual([]);
    } finally {
      await context.close();
      server.close();
    }
  });
});

/** Counts threads started, pieces of keys handed to them, and bytes of answers read, from here on. */
function countWork(): void {
  const counts = { threads: 0, pieces: 0, read: 0 };
  const Original = Worker;
  globalThis.Worker = class extends Original {
    constructor(url: string | URL) {
      super(url);
      counts.threads++;
    }
    override postMessage(message: unknown, transfer?: unknown): void {
      if ((message as { body?: { op?: string } }).body?.op === 'import') counts.pieces++;
      super.postMessage(message, transfer as Transferable[]);
    }
  };
  const { get } = Object.getOwnPropertyDescriptor(Response.prototype, 'body')!;
  Object.defineProperty(Response.prototype, 'body', {
    get(this: Response) {
      if (this.url.endsWith('.zkey') || this.url.endsWith('.wasm')) counts.read++;
      return get?.call(this);
    },
  });
  (globalThis as { counts?: typeof counts }).counts = counts;
}

describe('the second proof of a circuit in a page', () => {
  it.each([
    ['a server that tells versions', true],
    ['one that tells none', false],
  ])('converts no key and starts no thread: %s', async (_, tells) => {
    const names = ['product.wasm', 'product.zkey', 'product.vkey.json'];
    const files = Object.fromEntries(names.map((name) => [name, join(tiny.folder, name)]));
    const server = await serveFiles({ ...ISOLATION, ...(tells && { etag: '"1"' }) }, files);
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`http://localhost:${server.port}/`);
      await page.waitForFunction(() => 'groth16' in globalThis);
      await page.evaluate(countWork);
      const proveOnce = async () => {
        await prove(page, tiny.input, 'product');
        return page.evaluate(() => (globalThis as unknown as { counts: Record<string, number> }).counts);
      };
      const first = await proveOnce();
      expect(first.threads).toBeGreaterThan(0);
      expect(first.pieces).toBeGreaterThan(0);
      expect(first.read).toBe(2);
      const second = await proveOnce();
      expect([second.threads, second.pieces]).toEqual([first.threads, first.pieces]);
      // With a version told, what is held is not even fetched to its end.
      expect(second.read).toBe(tells ? 2 : 4);
    } finally {
      await context.close();
      server.close();
    }
  });
});

it('gives up a download that stops in the middle, and proves from the next', async () => {
  const names = ['product.wasm', 'product.zkey'];
  const server = await serveFiles(
    {},
    Object.fromEntries(names.map((name) => [name, join(tiny.folder, name)])),
  );
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://localhost:${server.port}/`);
    await page.waitForFunction(() => 'groth16' in globalThis);
    const outcomes = await page.evaluate(
      async ({ input }) => {
        const { groth16 } = globalThis as unknown as typeof import('../../src/embed/gnomon.ts');
        const prove = (wasm: string, zkey: string, stallMs: number) =>
          groth16.fullProve(input as never, wasm, zkey, null, { stallMs }).then(
            ({ publicSignals }) => publicSignals,
            ({ code, where, message, nextStep }) => ({ code, where, message, nextStep }),
          );
        return [
          await prove('product.wasm', 'product.zkey?stalls', 500),
          await prove('product.wasm?stalls', 'product.zkey', 500),
          await prove('product.wasm', 'product.zkey', 60_000),
        ];
      },
      { input: tiny.input } as { input: never },
    );
    const stalled = (name: string) => ({
      code: 'network.stalled',
      where: `http://localhost:${server.port}/${name}`,
      message: expect.stringContaining('0.5 s'),
      nextStep: expect.stringContaining('try again'),
    });
    expect(outcomes).toEqual([stalled('product.zkey'), stalled('product.wasm'), tiny.publicSignals]);
  } finally {
    await context.close();
    server.close();
  }
});

describe.skipIf(testData('semaphore-32.zkey') === undefined)('Semaphore, which nobody here wrote', () => {
  it('is proved in a page without any header', async () => {
    const file = (kind: string) => [`semaphore-32.${kind}`, testData(`semaphore-32.${kind}`)!];
    const server = await serveFiles({}, Object.fromEntries(['wasm', 'zkey', 'vkey.json'].map(file)));
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`http://localhost:${server.port}/`);
      await page.waitForFunction(() => 'groth16' in globalThis);
      const input = JSON.parse(readFileSync(testData('semaphore-32.input.json')!, 'utf8')) as CircuitInput;
      const { proof, publicSignals, verdicts } = await prove(page, input, 'semaphore-32');
      expect(verdicts).toEqual([true, false]);
      const vkey: unknown = JSON.parse(readFileSync(testData('semaphore-32.vkey.json')!, 'utf8'));
      expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
    } finally {
      await context.close();
      server.close();
    }
  });
});
