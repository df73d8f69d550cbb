// Crowds against a real server process: idle, slow, half-open and flooding clients by the hundred, and a thousand
// waiting jobs. The others are served, proofs are made, memory stays bounded.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { buildServer } from '../../scripts/app-steps.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { steadyFetch } from '../helpers/rest-client.ts';
import { isFullRun, runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const ALICE = 'alice-token-0123456789';
const BOB = 'bob-token-0123456789';
const MB = 1024 * 1024;
/** Holding more at any instant ends the server; and garbage, which V8 leaves for as long as it has room, is collected
 * before it counts. What fifty clients send ahead, a thousand requests each, would take 130 alone. */
const HEAP_MB = runs(64, 160);
let tiny: TinyCircuit;
let vkey: unknown;
let server: RunningWorkerServer;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  vkey = JSON.parse(readFileSync(join(tiny.folder, tiny.entry.artifacts.vkey.url), 'utf8'));
  server = await startWorkerServer({
    circuitsFolder: tiny.folder,
    args: [
      ...['--threads', '1', '--concurrency', '1', '--rate', '3000', '--max-queued-per-client', '1000'],
      ...['--max-queued-mb', '64', '--max-payload-mb', '16'],
    ],
    env: {
      TOKEN: `alice=${ALICE},bob=${BOB}`,
      ...{ LOG_LEVEL: 'info', NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
    },
  });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  tiny?.remove();
});

const submit = (jobId: string, more: object = {}) => ({
  ...{ type: 'submit', jobId, circuit: tiny.entry.artifacts.zkey.sha256, input: tiny.input },
  ...more,
});
async function proves(client: WireClient, jobId: string): Promise<boolean> {
  client.send(submit(jobId));
  const { data } = await client.next('result', (message) => message.data.jobId === jobId);
  return (await verifyProof(vkey, data.publicSignals, data.proof)).valid;
}
/** Of the server alone, without its children. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
const get = (path: string, token = BOB) =>
  steadyFetch(server.origin + path, { headers: { Authorization: `Bearer ${token}` } });

describe('idle sockets and waiting jobs', () => {
  it('are held by the thousand, and one client’s thousand jobs do not starve another’s one', {
    timeout: 900_000,
  }, async () => {
    const before = residentBytes();
    const idle: WebSocket[] = [];
    for (let at = 0; at < runs(300, 2_000); at += 50) {
      const batch = Array.from(
        { length: 50 },
        () =>
          new WebSocket(`ws://127.0.0.1:${server.port}/ws`, {
            headers: { Authorization: `Bearer ${ALICE}` },
          }),
      );
      idle.push(...batch);
      await Promise.all(batch.map((socket) => new Promise((open) => socket.on('open', open))));
    }
    const [alice, bob] = await Promise.all([ALICE, BOB].map((token) => connectWire(server.port, { token })));
    const ids = Array.from({ length: 1_000 }, (_, at) => `many-${at}`);
    for (const id of ids) alice!.send(submit(id, { priority: 3 }));
    await alice!.next('accepted', ({ data }) => data.jobId === ids.at(-1));
    const stats = (await (await get('/api/queue/stats')).json()) as { totalQueued: number };
    expect(stats.totalQueued).toBeGreaterThan(900);
    // One of Bob's, though Alice's are more urgent and came before it.
    const ended = () => alice!.messages.filter(({ type }) => type === 'result').length;
    const soFar = ended();
    expect(await proves(bob!, 'one')).toBe(true);
    expect(ended() - soFar).toBeLessThan(10);
    const listed = (await (await get('/api/queue/list', ALICE)).json()) as {
      total: number;
      jobs: { status: string; position: number }[];
    };
    expect(listed.total).toBe(1_000);
    const positions = listed.jobs.filter(({ status }) => status === 'queued').map(({ position }) => position);
    expect(new Set(positions).size).toBe(positions.length);
    expect(residentBytes() - before).toBeLessThan(200 * MB);
    if (isFullRun) {
      await until(() => ended() === 1_000, 600_000);
      const results = alice!.messages.flatMap((message) =>
        message.type === 'result' ? [message.data.jobId] : [],
      );
      expect([...results].sort()).toEqual([...ids].sort());
    } else {
      for (const jobId of ids) alice!.send({ type: 'cancel', jobId });
      await alice!.next('failed', ({ data }) => data.jobId === ids.at(-1));
    }
    for (const socket of [...idle, alice!.socket, bob!.socket]) socket.terminate();
    await until(async () => /^gnomon_sockets 0$/m.test(await (await get('/metrics')).text()));
  });
});

describe('slow and half-open clients by the hundred', () => {
  const upgrade = (path: string, token: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${more}` +
    `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const HANDSHAKE = upgrade('/ws', ALICE);
  const POST = (bytes: number) =>
    'POST /api/proof/generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${ALICE}\r\nContent-Length: ${bytes}\r\n\r\n{"attestations":[`;
  const GET = `GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  /** What each kind says at once, and how it goes on. */
  const KINDS: Record<string, { first: string; trickle: string | null; reads: boolean; stays?: true }> = {
    'say nothing': { first: '', trickle: null, reads: true },
    'send their headers byte by byte': {
      first: 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
      trickle: 'a',
      reads: true,
    },
    'send their body byte by byte': { first: POST(1_000_000), trickle: '1', reads: true },
    'stop in mid-body': { first: POST(4_000_000) + '7,'.repeat(1_950_000), trickle: null, reads: true },
    'upgrade and never read': { first: HANDSHAKE, trickle: null, reads: false },
    'ask and read nothing': { first: GET.repeat(8), trickle: null, reads: false },
    'ask for very much': { first: GET.repeat(1_000), trickle: null, reads: false },
    // Turned away, they keep their side open, and go on: what is closed on one side only takes that for ever.
    'upgrade at a bad path': { first: upgrade('//', ALICE), trickle: 'x', reads: true, stays: true },
    'upgrade from a bad page': {
      first: upgrade('/ws', ALICE, 'Origin: https://elsewhere.example.org\r\n'),
      ...{ trickle: 'x', reads: true, stays: true },
    },
    'upgrade with a bad token': { first: upgrade('/ws', 'wrong'), trickle: 'x', reads: true, stays: true },
  };

  it('are held off: the server still proves, and its memory is bounded', { timeout: 400_000 }, async () => {
    const each = runs(50, 300);
    const before = residentBytes();
    const closed = new Map<string, number>();
    const sockets: Socket[] = [];
    const timers: NodeJS.Timeout[] = [];
    for (const [kind, { first, trickle, reads, stays = false }] of Object.entries(KINDS)) {
      const bytes = Buffer.from(first);
      for (let at = 0; at < each; at++) {
        const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: stays });
        socket.on('error', () => {}).on('close', () => closed.set(kind, (closed.get(kind) ?? 0) + 1));
        socket.on('connect', () => socket.write(bytes));
        if (reads) socket.resume();
        else socket.pause();
        if (trickle !== null) timers.push(setInterval(() => socket.writable && socket.write(trickle), 500));
        sockets.push(socket);
      }
    }
    try {
      const bob = await connectWire(server.port, { token: BOB });
      for (let at = 0; at < 5; at++) expect(await proves(bob, `among-${at}`)).toBe(true);
      expect((await get('/api/queue/stats')).status).toBe(200);
      // A quarter of a megabyte for each is what sockets and parsers take; bodies and answers would be ten times it.
      expect(residentBytes() - before).toBeLessThan(100 * MB + (sockets.length * MB) / 4);
      if (isFullRun) {
        // Headers get 10 s, requests a minute, WebSockets two pings, kept connections 5 s. Who reads nothing does
        // not hear of it before it reads.
        for (const socket of sockets) socket.resume();
        for (const kind of Object.keys(KINDS)) {
          await until(() => closed.get(kind) === each, 150_000).catch(() => {
            throw new Error(`Of those who ${kind} only ${closed.get(kind) ?? 0} were cut off.`);
          });
        }
        expect(await proves(bob, 'after')).toBe(true);
      }
      bob.socket.close();
    } finally {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('floods', () => {
  it('of requests and messages are refused, and others are served meanwhile', {
    timeout: 120_000,
  }, async () => {
    const alice = await connectWire(server.port, { token: ALICE });
    const flood = Array.from({ length: runs(40, 100) }, async () => {
      const counts = { 200: 0, 429: 0 } as Record<number, number>;
      for (let at = 0; at < 100; at++) {
        const answer = await get('/api/queue/stats', ALICE);
        await answer.arrayBuffer();
        counts[answer.status] = (counts[answer.status] ?? 0) + 1;
        if (answer.status === 429) expect(answer.headers.get('Retry-After')).toBeTruthy();
      }
      return counts;
    });
    for (let at = 0; at < 5_000; at++) alice.send({ type: 'subscribe', requestId: `x${at}` });
    const bob = await connectWire(server.port, { token: BOB });
    expect(await proves(bob, 'meanwhile')).toBe(true);
    expect((await alice.closed).code).toBe(4400);
    const all = await Promise.all(flood);
    const of = (status: number) => all.reduce((sum, counts) => sum + (counts[status] ?? 0), 0);
    expect(of(429)).toBeGreaterThan(0);
    expect(of(200) + of(429)).toBe(all.length * 100);
    expect((await get('/api/queue/stats')).status).toBe(200);
    bob.socket.close();
  });
});
