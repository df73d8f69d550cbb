// Downloads that never end: whatever a server does, a call of the library ends, says what did not come and from where,
// and is in nobody's way.

import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openFetched } from '../../src/embed/fetched.ts';
import { groth16, wtns, zKey } from '../../src/embed/gnomon.ts';
import type { FetchOptions } from '../../src/embed/types.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

const content = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 251);
const STALL: FetchOptions = { stallMs: 300 };

let tiny: TinyCircuit;
/** What the server does with a request; it answers with the circuit's file unless told. */
let behaviour: ((response: ServerResponse, file: Uint8Array) => void) | undefined;
let closed = 0;
const server = createServer((request, response) => {
  response.on('close', () => closed++);
  const name = new URL(request.url ?? '', 'http://localhost').pathname.slice(1);
  const file = name === 'content' ? content : readFileSync(join(tiny.folder, name));
  if (behaviour === undefined) response.end(file);
  else behaviour(response, file);
});
let base: string;

beforeAll(async () => {
  tiny = await makeTinyCircuit();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  tiny?.remove();
});
afterEach(() => {
  behaviour = undefined;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const SILENCES: [string, (response: ServerResponse, file: Uint8Array) => void][] = [
  ['never answers', () => undefined],
  ['sends no more than headers', (response) => response.writeHead(200).flushHeaders()],
  ['stops in the middle', (response, file) => response.write(file.subarray(0, file.length / 2))],
  [
    'stops just before the end',
    (response, file) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, -1));
    },
  ],
];

it.each(SILENCES)('gives up a server that %s', async (_, silence) => {
  behaviour = silence;
  const [wasm, zkey] = ['product.wasm', 'product.zkey'].map((name) => join(tiny.folder, name)) as [
    string,
    string,
  ];
  const calls: [string, Promise<unknown>][] = [
    ['product.wasm', groth16.fullProve(tiny.input, `${base}/product.wasm?key=secret`, zkey, null, STALL)],
    ['product.zkey', groth16.fullProve(tiny.input, wasm, `${base}/product.zkey`, null, {}, STALL)],
    ['input.json', groth16.prove(zkey, `${base}/input.json`, null, STALL)],
    ['product.wasm', wtns.calculate(tiny.input, new URL(`${base}/product.wasm`), { type: 'mem' }, STALL)],
    ['input.json', wtns.exportJson(`${base}/input.json`, STALL)],
    ['product.zkey', zKey.exportVerificationKey(`${base}/product.zkey`, null, STALL)],
  ];
  const before = closed;
  const ends = await Promise.allSettled(calls.map(([, call]) => call));
  for (const [index, [name]] of calls.entries()) {
    expect(ends[index]).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'network.stalled',
        where: `${base}/${name}`,
        retryable: true,
        message: expect.stringContaining('0.3 s'),
        nextStep: expect.stringContaining('stallMs'),
      },
    });
  }
  // The connections are given up, too.
  await vi.waitFor(() => expect(closed).toBeGreaterThanOrEqual(before + calls.length));
});

it('goes on with the next call for the same address', async () => {
  behaviour = (...asked) => {
    behaviour = undefined;
    SILENCES[2]![1](...asked);
  };
  const prove = () =>
    groth16.fullProve(tiny.input, `${base}/product.wasm`, `${base}/product.zkey`, null, STALL);
  const [first, second] = await Promise.allSettled([prove(), prove()]);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'network.stalled' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { publicSignals: tiny.publicSignals } });
});

it('says that a connection ended too early', async () => {
  behaviour = (response, file) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, 1000), () => response.destroy());
  };
  const opened = await openFetched(`${base}/content`, 'proving key', {});
  await expect(opened.bytes()).rejects.toMatchObject({
    code: 'network.cut-short',
    where: `${base}/content`,
  });
});

it('says where there is no file', async () => {
  behaviour = (response) => response.writeHead(404).end();
  await expect(openFetched(`${base}/content?token=1`, 'proving key', {})).rejects.toMatchObject({
    code: 'network.unreachable',
    message: expect.stringContaining('HTTP 404'),
    where: `${base}/content`,
  });
});

it.each([[undefined], [Number.POSITIVE_INFINITY], [2 ** 31], [0], [Number.NaN]])(
  'brings the bytes as they are, stallMs: %s',
  async (stallMs) => {
    const opened = await openFetched(`${base}/content`, 'file', {
      ...(stallMs !== undefined && { stallMs }),
    });
    expect(Buffer.compare(await opened.bytes(), content)).toBe(0);
    const { bytes, read } = await opened.file();
    expect([bytes, await read(1_500_000, 5)]).toEqual([3_000_000, content.slice(1_500_000, 1_500_005)]);
    opened.close();
  },
);

describe('the clock', () => {
  /** An answer whose parts come when the test says so. */
  function answer() {
    let body: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        body = controller;
      },
    });
    vi.stubGlobal('fetch', async () => new Response(stream));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    return { send: (part: number[]) => body.enqueue(Uint8Array.from(part)), end: () => body.close() };
  }

  it('starts anew with every part, and forgives a minute less a moment', async () => {
    const { send, end } = answer();
    const opened = await openFetched('http://example.test/key', 'proving key', {});
    const bytes = opened.bytes();
    for (let part = 0; part < 5; part++) {
      await vi.advanceTimersByTimeAsync(59_999);
      send([part]);
      await vi.advanceTimersByTimeAsync(0);
    }
    end();
    expect(await bytes).toEqual(Uint8Array.of(0, 1, 2, 3, 4));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends the wait after a minute unless told', async () => {
    const { send } = answer();
    const opened = await openFetched('http://example.test/key', 'proving key', {});
    send([1]);
    const bytes = opened.bytes().catch((thrown: unknown) => thrown);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await bytes).toMatchObject({ code: 'network.stalled', where: 'http://example.test/key' });
  });

  it('stands still while nobody waits for bytes', async () => {
    const { send, end } = answer();
    const opened = await openFetched('http://example.test/key', 'proving key', {});
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    send([1, 2]);
    end();
    expect(await opened.bytes()).toEqual(Uint8Array.of(1, 2));
  });

  it('never strikes when told so', async () => {
    const { send, end } = answer();
    const opened = await openFetched('http://example.test/key', 'key', { stallMs: Number.POSITIVE_INFINITY });
    const bytes = opened.bytes();
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    send([1]);
    end();
    expect(await bytes).toEqual(Uint8Array.of(1));
  });
});
