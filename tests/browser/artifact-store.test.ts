// Artifacts by digest over a real HTTP server that misbehaves on request; chunks kept in memory here, in
// OPFS and the Cache by tests/e2e.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeMemoryChunks } from '../../src/browser/artifact-chunks.ts';
import { type ErrorData, GnomonError } from '../../src/core/errors.ts';
import type { Artifact } from '../../src/core/manifest.ts';
import {
  type ArtifactStoreOptions,
  type ChunkStorage,
  type Lock,
  makeArtifactStore,
} from '../../src/prover/artifacts.ts';
import { chunkCases } from '../contract/chunk-storage.suite.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const CHUNK = 1000;
const file = Uint8Array.from({ length: 10 * CHUNK + 123 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const artifact: Artifact = { url: 'file.zkey', bytes: file.length, sha256: digestOf(file) };

interface Seen {
  range: string | undefined;
  ifRange: string | undefined;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A well-behaved static server. */
const serve =
  (body: Uint8Array, etag: string | null = '"v1"'): Answer =>
  (request, response) => {
    const headers = etag === null ? {} : { ETag: etag };
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const ifRange = request.headers['if-range'];
    if (range === null || (ifRange !== undefined && ifRange !== etag)) {
      response.writeHead(200, { ...headers, 'Content-Length': body.length });
      response.end(body);
      return;
    }
    const start = Number(range[1]);
    if (start >= body.length) {
      response.writeHead(416).end();
      return;
    }
    response.writeHead(206, {
      ...headers,
      'Content-Range': `bytes ${start}-${body.length - 1}/${body.length}`,
      'Content-Length': body.length - start,
    });
    response.end(body.subarray(start));
  };

/** As `serve`, but the connection is cut once `bytes` have been sent. */
const cutAfter =
  (bytes: number): Answer =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { ETag: '"v1"', 'Content-Length': file.length - start };
    if (start === 0) response.writeHead(200, headers);
    else {
      response.writeHead(206, {
        ...headers,
        'Content-Range': `bytes ${start}-${file.length - 1}/${file.length}`,
      });
    }
    response.write(file.subarray(start, start + bytes), () => setTimeout(() => response.destroy(), 20));
  };

let server: Server;
let baseUrl: string;
let answers: Answer[];
let seen: Seen[];
let warnings: ErrorData[];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/circuits/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = [serve(file)];
  seen = [];
  warnings = [];
});

const open = (storage: ChunkStorage, change: Partial<ArtifactStoreOptions> = {}) =>
  makeArtifactStore({
    storage,
    fetch,
    baseUrl,
    nowMs: () => 1000,
    chunkBytes: CHUNK,
    onWarning: (warning) => warnings.push(warning),
    ...change,
  });

const live = () => new AbortController().signal;
const ignore = () => {};

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GnomonError);
    expect((thrown as GnomonError).nextStep).not.toBe('');
    return (thrown as GnomonError).code;
  }
  return 'none';
}

/** Network errors end an attempt; whoever asked tries again. */
async function untilDone(storage: ChunkStorage, tries: number): Promise<Uint8Array> {
  for (let i = 0; i < tries; i++) {
    try {
      return await open(storage).get(artifact, live(), ignore);
    } catch (thrown) {
      expect((thrown as GnomonError).group).toBe('network');
    }
  }
  throw new Error('It never finished.');
}

describe('chunks in memory', () => {
  it.each(chunkCases)('$name', ({ run }) => run(makeMemoryChunks(), null));
});

describe('an artifact', () => {
  it('is fetched once, counted, kept, and there without the network', async () => {
    const storage = makeMemoryChunks();
    const counted: number[] = [];
    expect(await open(storage).get(artifact, live(), (bytes) => counted.push(bytes))).toEqual(file);
    expect(counted[0]).toBe(0);
    expect(counted.at(-1)).toBe(file.length);
    expect([...counted].sort((a, b) => a - b)).toEqual(counted);
    const offline = open(storage, { fetch: () => Promise.reject(new TypeError('offline')) });
    expect(await offline.get(artifact, live(), ignore)).toEqual(file);
    expect(seen).toHaveLength(1);
    expect(await offline.has(artifact.sha256)).toBe(true);
    expect(await offline.list()).toEqual([
      { sha256: artifact.sha256, bytes: file.length, lastUsedAtMs: 1000 },
    ]);
    await offline.remove(artifact.sha256);
    expect(await offline.has(artifact.sha256)).toBe(false);
    expect(await codeOf(offline.get(artifact, live(), ignore))).toBe('network.unreachable');
  });

  it('goes on where an earlier page load stopped', async () => {
    const storage = makeMemoryChunks();
    answers = [cutAfter(4 * CHUNK + 500), (_, response) => response.destroy(), serve(file)];
    expect(await codeOf(open(storage).get(artifact, live(), ignore))).toMatch(/^network\./);
    expect(await open(storage).has(artifact.sha256)).toBe(false);
    const counted: number[] = [];
    const got = await open(storage).get(artifact, live(), (bytes) => counted.push(bytes));
    expect(got).toEqual(file);
    expect(counted[0]).toBe(4 * CHUNK);
    expect(seen.at(-1)).toEqual({ range: `bytes=${4 * CHUNK}-`, ifRange: '"v1"' });
  });

  it('goes on at once after a broken connection', async () => {
    answers = [cutAfter(2500), cutAfter(3100), serve(file)];
    expect(await open(makeMemoryChunks()).get(artifact, live(), ignore)).toEqual(file);
    expect(seen.map(({ range }) => range)).toEqual([undefined, 'bytes=2500-', 'bytes=5600-']);
  });

  it('is whole after any pattern of broken connections', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 6000 }), { maxLength: 4 }), async (cuts) => {
        answers = [...cuts.map(cutAfter), serve(file)];
        expect(await untilDone(makeMemoryChunks(), 8)).toEqual(file);
      }),
      { seed: testSeed, numRuns: runs(12, 200) },
    );
  });

  it('starts over when the server’s file has changed since', async () => {
    const old = file.map((byte) => byte ^ 1);
    const storage = makeMemoryChunks();
    await storage.writeMeta({
      sha256: artifact.sha256,
      bytes: file.length,
      lastUsedAtMs: 0,
      complete: false,
      etag: '"v0"',
    });
    await storage.write(artifact.sha256, 0, old.slice(0, CHUNK));
    expect(await open(storage).get(artifact, live(), ignore)).toEqual(file);
    expect(seen).toEqual([{ range: `bytes=${CHUNK}-`, ifRange: '"v0"' }]);
  });

  it('starts over when the server answers another part, or none', async () => {
    for (const odd of [
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(206, { 'Content-Range': 'bytes 5-9/10123' }).end('12345'),
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(206).end('12345'),
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(416).end(),
    ]) {
      const storage = makeMemoryChunks();
      answers = [cutAfter(3000), odd, serve(file)];
      expect(await open(storage).get(artifact, live(), ignore)).toEqual(file);
    }
  });

  it('with a flipped byte at the server is refused and not kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: file.length - 1 }), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const flipped = file.slice();
        flipped[at] = flipped[at]! ^ (1 << bit);
        answers = [serve(flipped)];
        const storage = makeMemoryChunks();
        expect(await codeOf(open(storage).get(artifact, live(), ignore))).toBe('artifact.digest-mismatch');
        expect(await storage.list()).toEqual([]);
        expect(await storage.read(artifact.sha256, 0)).toBeUndefined();
      }),
      { seed: testSeed, numRuns: runs(20, 300) },
    );
  });

  it('with a flipped byte in what is kept is dropped, fetched once more, and said', async () => {
    const storage = makeMemoryChunks();
    const store = open(storage);
    await store.get(artifact, live(), ignore);
    const chunk = (await storage.read(artifact.sha256, 3))!.slice();
    chunk[7] = chunk[7]! ^ 4;
    await storage.write(artifact.sha256, 3, chunk);
    expect(await store.get(artifact, live(), ignore)).toEqual(file);
    expect(seen).toHaveLength(2);
    expect(seen[1]?.range).toBeUndefined();
    expect(warnings.map((warning) => warning.code)).toEqual(['artifact.digest-mismatch']);
    expect(await store.get(artifact, live(), ignore)).toEqual(file);
    expect(seen).toHaveLength(2);
  });

  it('longer than the list says is refused before it fills the memory', async () => {
    const endless: Answer = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(new Uint8Array(50_000)), 1);
      response.on('close', () => clearInterval(timer));
    };
    for (const answer of [endless, serve(new Uint8Array(file.length + 1))]) {
      answers = [answer];
      const storage = makeMemoryChunks();
      expect(await codeOf(open(storage).get(artifact, live(), ignore))).toBe('artifact.too-long');
    }
  });

  it('shorter than the list says is not waited for', async () => {
    answers = [serve(file.slice(0, 100), null)];
    expect(await codeOf(open(makeMemoryChunks()).get(artifact, live(), ignore))).toMatch(
      /^network\.|^artifact\./,
    );
  });

  it('of a server that falls silent is given up', async () => {
    answers = [(_, response) => void response.writeHead(200).write(file.subarray(0, 10)), () => {}];
    const store = open(makeMemoryChunks(), { stallMs: 50 });
    expect(await codeOf(store.get(artifact, live(), ignore))).toBe('network.stalled');
  });

  it.each([
    [404, 'artifact.not-found'],
    [403, 'network.status'],
    [500, 'network.status'],
    [204, 'network.status'],
  ])('answered with %i is an error that says so', async (status, code) => {
    answers = [(_, response) => void response.writeHead(status).end()];
    expect(await codeOf(open(makeMemoryChunks()).get(artifact, live(), ignore))).toBe(code);
  });

  it('has an address that is fetched over http only', async () => {
    for (const url of ['file:///etc/passwd', 'data:text/plain,hello', 'javascript:1', 'http://[']) {
      const store = open(makeMemoryChunks());
      expect(await codeOf(store.get({ ...artifact, url }, live(), ignore))).toBe('artifact.url');
    }
    expect(seen).toEqual([]);
  });
});

describe('while somebody else fetches the same artifact', () => {
  it('waits, counts what is kept, and takes it from there', async () => {
    const storage = makeMemoryChunks();
    let busy = true;
    const lock: Lock = async (_, work) => (busy ? 'busy' : { done: await work() });
    const counted: number[] = [];
    const waiting = open(storage, { lock }).get(artifact, live(), (bytes) => counted.push(bytes));
    await open(storage).get(artifact, live(), ignore);
    await new Promise((wake) => setTimeout(wake, 300));
    busy = false;
    expect(await waiting).toEqual(file);
    expect(counted).toContain(file.length);
    expect(seen).toHaveLength(1);
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const waiting = open(makeMemoryChunks(), { lock: async () => 'busy' }).get(
      artifact,
      controller.signal,
      ignore,
    );
    controller.abort();
    expect(await codeOf(waiting)).toBe('cancelled.aborted');
  });
});

describe('too little space', () => {
  const full = (): never => {
    throw new DOMException('no space', 'QuotaExceededError');
  };

  it('does not stop the work, and is said once', async () => {
    const storage = { ...makeMemoryChunks(), write: async () => full() };
    const store = open(storage);
    expect(await store.get(artifact, live(), ignore)).toEqual(file);
    expect(warnings.map((warning) => warning.code)).toEqual(['resource.storage-artifact']);
    expect(await store.has(artifact.sha256)).toBe(false);
  });

  it('makes room by dropping what was not used for the longest time', async () => {
    const inner = makeMemoryChunks();
    const meta = { bytes: 1, complete: true, etag: null };
    await inner.writeMeta({ ...meta, sha256: 'old', lastUsedAtMs: 1 });
    await inner.writeMeta({ ...meta, sha256: 'new', lastUsedAtMs: 2 });
    const storage: ChunkStorage = {
      ...inner,
      write: async (sha256, index, chunk) =>
        (await inner.readMeta('old')) === undefined ? inner.write(sha256, index, chunk) : full(),
    };
    const store = open(storage);
    await store.get(artifact, live(), ignore);
    expect((await store.list()).map(({ sha256 }) => sha256).sort()).toEqual([artifact.sha256, 'new'].sort());
    expect(warnings).toEqual([]);
  });

  it('or storage that fails in every way does not stop the work either', async () => {
    const broken = async () => {
      throw new DOMException('gone', 'InvalidStateError');
    };
    const storage: ChunkStorage = {
      read: broken,
      write: broken,
      readMeta: broken,
      writeMeta: broken,
      drop: broken,
      count: broken,
      list: broken,
    };
    expect(await open(storage).get(artifact, live(), ignore)).toEqual(file);
    expect(warnings).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('before or during the download ends it, and keeps what is there', async () => {
    const aborted = new AbortController();
    aborted.abort();
    const storage = makeMemoryChunks();
    expect(await codeOf(open(storage).get(artifact, aborted.signal, ignore))).toBe('cancelled.aborted');
    expect(seen).toEqual([]);
    const controller = new AbortController();
    answers = [
      (_, response) => {
        response.writeHead(200, { ETag: '"v1"' });
        response.write(file.subarray(0, 3 * CHUNK + 1));
      },
      serve(file),
    ];
    const stop = (bytes: number) => {
      if (bytes > 3 * CHUNK) setTimeout(() => controller.abort(), 10);
    };
    expect(await codeOf(open(storage).get(artifact, controller.signal, stop))).toBe('cancelled.aborted');
    expect(await open(storage).get(artifact, live(), ignore)).toEqual(file);
    expect(seen.at(-1)?.range).toBe(`bytes=${3 * CHUNK}-`);
  });
});
