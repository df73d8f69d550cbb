// Servers that do not answer, or stop: nobody else's proof waits for them, and a signal ends the wait and the download.
// And bytes that change under the library.
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { groth16, release } from '../../src/embed/gnomon.ts';
import type { FileSource, Input } from '../../src/embed/types.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

let tiny: TinyCircuit;
let zkey: Uint8Array<ArrayBuffer>;
let wasm: Uint8Array<ArrayBuffer>;
let witness: Uint8Array<ArrayBuffer>;
const servers: Server[] = [];

beforeAll(async () => {
  tiny = await makeTinyCircuit();
  zkey = new Uint8Array(readFileSync(join(tiny.folder, 'product.zkey')));
  wasm = new Uint8Array(readFileSync(join(tiny.folder, 'product.wasm')));
  witness = await calculateWitness(wasm.slice(), tiny.input);
}, 120_000);
afterAll(() => tiny?.remove());
afterEach(() => {
  release();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

/** Says nothing, or headers only; counts requests and those that the other side ended. */
async function stalling(headers: Record<string, string> | null) {
  const seen = { asked: 0, ended: 0 };
  const url = await serve((_, response) => {
    seen.asked++;
    response.on('close', () => seen.ended++);
    if (headers !== null) response.writeHead(200, headers).flushHeaders();
  });
  return { url, seen };
}

const STALLS: [string, Record<string, string> | null][] = [
  ['sends nothing', null],
  ['sends headers only', {}],
  ['sends headers only, a version among them', { etag: '"1"' }],
];
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (thrown: { code?: string }) => thrown.code ?? String(thrown),
  );

describe.each(STALLS)('a server that %s', (_, headers) => {
  it('holds up no other key, and neither its wait nor its download outlives the signal', async () => {
    const { url, seen } = await stalling(headers);
    const controller = new AbortController();
    const stuck = codeOf(groth16.prove(url, witness, null, { signal: controller.signal, threads: 1 }));
    await vi.waitFor(() => expect(seen.asked).toBe(1));
    const { publicSignals } = await groth16.prove(zkey, witness, null, { threads: 1 });
    expect(publicSignals).toEqual(tiny.publicSignals);
    expect(seen.ended).toBe(0);
    controller.abort();
    expect(await stuck).toBe('cancelled.aborted');
    await vi.waitFor(() => expect(seen.ended).toBe(1));
    // The same address can be asked again.
    const again = new AbortController();
    const next = codeOf(groth16.prove(url, witness, null, { signal: again.signal, threads: 1 }));
    await vi.waitFor(() => expect(seen.asked).toBe(2));
    again.abort();
    expect(await next).toBe('cancelled.aborted');
  });

  it.each(['wasm', 'wtns'])('ends with the signal as %s too', async (what) => {
    const { url, seen } = await stalling(headers);
    const controller = new AbortController();
    const options = { signal: controller.signal, threads: 1 };
    const stuck = codeOf(
      what === 'wasm'
        ? groth16.fullProve(tiny.input, url, zkey, null, options)
        : groth16.prove(zkey, url, null, options),
    );
    await vi.waitFor(() => expect(seen.asked).toBe(1));
    controller.abort();
    expect(await stuck).toBe('cancelled.aborted');
    await vi.waitFor(() => expect(seen.ended).toBe(1));
  });
});

it('starts nothing under a signal that is aborted already', async () => {
  const { url, seen } = await stalling(null);
  const signal = AbortSignal.abort();
  expect(await codeOf(groth16.fullProve(tiny.input, url, url, null, { signal }))).toBe('cancelled.aborted');
  expect(await codeOf(groth16.fullProve(tiny.input, wasm, url, null, { signal }))).toBe('cancelled.aborted');
  expect(await codeOf(groth16.prove(url, witness, null, { signal }))).toBe('cancelled.aborted');
  expect(seen.asked).toBe(0);
});

it.each([
  ['a version', { etag: '"1"' }],
  ['none', {}],
])(
  'many proofs from one address: a server that tells %s sends it to two at a time at most',
  async (_, headers) => {
    let [under, most, whole] = [0, 0, 0];
    const url = await serve((_, response) => {
      under++;
      most = Math.max(most, under);
      response.on('finish', () => whole++);
      response.on('close', () => under--);
      response.writeHead(200, headers).end(zkey);
    });
    const all = Array.from({ length: 6 }, () => groth16.prove(url, witness, null, { threads: 1 }));
    for (const { publicSignals } of await Promise.all(all)) expect(publicSignals).toEqual(tiny.publicSignals);
    expect(whole).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
  },
);

it('proves with bytes that were changed while they were read, once they are right again', async () => {
  const bytes = zkey.slice();
  // Of the last table, one point in another's place: only the pairings can tell.
  const at = sectionAt(bytes, 9);
  const change = () => bytes.copyWithin(at, at + 64, at + 128);
  const options = { threads: 1, onProgress: change };
  const code = await codeOf(groth16.prove(bytes, witness, null, options));
  expect(code).toBe('witness.unsatisfied');
  bytes.set(zkey);
  const warnings: string[] = [];
  const logger = { warn: (text: string) => void warnings.push(text) };
  const { publicSignals } = await groth16.prove(bytes, witness, logger, { threads: 1 });
  expect(publicSignals).toEqual(tiny.publicSignals);
  // The kernels are not blamed for it.
  expect(warnings).toEqual([]);
});

function sectionAt(file: Uint8Array, wanted: number): number {
  const view = new DataView(file.buffer, file.byteOffset);
  for (let at = 12; ; at += Number(view.getBigUint64(at + 4, true)) + 12) {
    if (view.getUint32(at, true) === wanted) return at + 12;
  }
}

it.each([undefined, null, 5, true, {}, { type: 'file' }, { type: 'mem' }])(
  'refuses %j as a file by code',
  async (no) => {
    const none = no as unknown as FileSource;
    expect(await codeOf(groth16.prove(none, witness))).toBe('input.file');
    expect(await codeOf(groth16.prove(zkey, none))).toBe('input.file');
    expect(await codeOf(groth16.fullProve(tiny.input, none, zkey))).toBe('input.file');
    expect(await codeOf(groth16.fullProve(tiny.input, wasm, none))).toBe('input.file');
  },
);

it('takes null for no options, and says what is wrong with an input that is none', async () => {
  const { proof, publicSignals } = await groth16.prove(zkey, witness, null, null);
  await groth16.fullProve(tiny.input, wasm, zkey, null, null, null);
  for (const no of [undefined, null, 5] as unknown as Input[]) {
    expect(await codeOf(groth16.fullProve(no, wasm, zkey))).toMatch(/^(input|witness)\./);
  }
  const vkey: unknown = JSON.parse(readFileSync(join(tiny.folder, 'product.vkey.json'), 'utf8'));
  const verdict = (signals: unknown) => groth16.verify(vkey, signals, proof);
  const values = publicSignals.map(BigInt);
  expect(await verdict(values)).toBe(true);
  expect(await verdict(values.map(Number))).toBe(
    values.every((value) => Number.isSafeInteger(Number(value))),
  );
  const wrong = [
    [values[0]! + 1n],
    [-values[0]!],
    [Number(values[0]) + 0.5],
    [`0x${values[0]!.toString(16)}`],
  ];
  for (const signals of wrong) expect(await verdict([...signals, ...values.slice(1)])).toBe(false);
});
