// The WebSocket against a real server process: sessions, jobs with real proofs, resuming, and everything that a
// server must not fall for.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { buildServer } from '../../scripts/app-steps.ts';
import { encodeFrame, framesOf } from '../../src/core/wire/frames.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const TOKEN = 'alice-token-0123456789';
const OTHER = 'bob-token-0123456789';
const PINGS = 'pings-token-0123456789';
const MUTE = 'mute-token-0123456789';
let tiny: TinyCircuit;
let server: RunningWorkerServer;
let guarded: RunningWorkerServer;
/** Answers no ping. Two intervals go by before it is dropped, while the others are tested. */
let mute: WireClient;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  const circuitsFolder = tiny.folder;
  [server, guarded] = await Promise.all([
    startWorkerServer({ circuitsFolder, args: ['--threads', '1', '--concurrency', '1', '--rate', '100000'] }),
    startWorkerServer({
      circuitsFolder,
      args: [
        '--threads',
        '1',
        '--max-sockets',
        '64',
        '--max-sockets-per-client',
        '3',
        '--max-queued-per-client',
        '5',
        '--rate',
        '50',
      ],
      env: {
        TOKEN: `alice=${TOKEN},bob=${OTHER},mute=${MUTE},pings=${PINGS}`,
        ALLOWED_ORIGINS: 'https://app.example.org',
      },
    }),
  ]);
  mute = await connectWire(guarded.port, { token: MUTE, pong: false });
}, 300_000);
afterAll(async () => {
  await Promise.all([server?.stop(), guarded?.stop()]);
  tiny?.remove();
});

const submit = (jobId: string, more: object = {}) => ({
  type: 'submit',
  jobId,
  circuit: tiny.entry.artifacts.zkey.sha256,
  input: tiny.input,
  ...more,
});
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
async function verifies(result: { proof: unknown; publicSignals: unknown }): Promise<boolean> {
  const vkey = JSON.parse(readFileSync(join(tiny.folder, 'product.vkey.json'), 'utf8')) as unknown;
  return (await verifyProof(vkey, result.publicSignals, result.proof)).valid;
}
const refusal = (promise: Promise<WireClient>) =>
  promise.then(
    (client) => {
      client.socket.terminate();
      return 'let in';
    },
    (thrown: Error) => thrown.message,
  );

describe('a session', () => {
  it.each(['/', '/ws'])(
    'on %s says hello, and takes a job from submit to a verified result',
    async (path) => {
      const client = await connectWire(server.port, { path });
      client.send({ type: 'hello', version: 1 });
      const { data } = await client.next('welcome');
      expect(data).toMatchObject({ version: 1, capacity: { slots: 1 }, pingIntervalMs: 10_000 });
      expect(data.circuits).toMatchObject([{ id: 'product', digest: tiny.entry.artifacts.zkey.sha256 }]);
      const jobId = `whole${path.length}`;
      client.send(submit(jobId));
      expect((await client.next('accepted')).data).toMatchObject({ jobId });
      const { data: result } = await client.next('result');
      expect(result.publicSignals).toEqual(tiny.publicSignals);
      expect(await verifies(result)).toBe(true);
      const progress = client.messages.flatMap((message) => (message.type === 'progress' ? [message] : []));
      expect(progress.every(({ requestId }) => requestId === jobId)).toBe(true);
      const percents = progress.map((message) => message.data.progress);
      expect(percents).toEqual([...percents].sort((a, b) => a - b));
      expect(new Set(progress.map((message) => message.data.stage))).toEqual(
        new Set(
          [null, 'artifacts', 'witness', 'proving', 'verifying'].filter((stage) =>
            progress.some((message) => message.data.stage === stage),
          ),
        ),
      );
      client.socket.close();
    },
  );

  it('needs no hello to follow a job on loopback, and may follow it before it is there', async () => {
    const follower = await connectWire(server.port, { path: '/' });
    follower.send({ type: 'subscribe', requestId: 'followed' });
    expect((await follower.next('subscribed')).data).toEqual({ requestId: 'followed', status: 'unknown' });
    await fetch(`${server.origin}/api/proof/generate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ circuit: 'product', input: tiny.input, requestId: 'followed' }),
    });
    expect(await verifies((await follower.next('result')).data)).toBe(true);
    const seen = follower.messages.flatMap((message) => (message.type === 'progress' ? [message.data] : []));
    expect(seen.some(({ status, stage }) => status === 'running' && stage === 'proving')).toBe(true);
    follower.socket.close();
  });

  it('is resumed by another connection, which gets the state or the result', async () => {
    const first = await connectWire(server.port);
    first.send(submit('resumed'));
    await first.next('accepted');
    first.socket.terminate();
    const second = await connectWire(server.port);
    second.send({ type: 'subscribe', requestId: 'resumed' });
    expect((await second.next('subscribed')).data.status).not.toBe('unknown');
    const result = (await second.next('result')).data;
    const third = await connectWire(server.port);
    third.send({ type: 'subscribe', requestId: 'resumed' });
    expect((await third.next('result')).data).toEqual(result);
    // The same id is the same job, whatever is submitted under it.
    third.send(submit('resumed', { input: { a: '1' } }));
    expect((await third.next('result')).data).toEqual(result);
    second.socket.close();
    third.socket.close();
  });

  it('takes an input in frames, some of them twice', async () => {
    const client = await connectWire(server.port);
    const payload = bytesOf(tiny.input);
    client.send(submit('framed', { input: undefined, inputBytes: payload.length }));
    for (const frame of framesOf('framed', payload, 7)) {
      client.socket.send(frame);
      client.socket.send(frame);
    }
    expect(await verifies((await client.next('result')).data)).toBe(true);
    client.send(submit('broken', { input: undefined, inputBytes: 4 }));
    client.socket.send(encodeFrame({ jobId: 'broken', offset: 0, chunk: new TextEncoder().encode('{"a"') }));
    expect((await client.next('failed')).data).toMatchObject({ jobId: 'broken', code: 'protocol.json' });
    client.socket.close();
  });

  it('cancels a job, running or waiting, and says so to everyone who follows', async () => {
    const client = await connectWire(server.port);
    for (const jobId of ['c1', 'c2', 'c3']) client.send(submit(jobId));
    await client.next('accepted', ({ data }) => data.jobId === 'c3');
    const ends = ['c1', 'c2', 'c3'].map((jobId) => client.next('failed', ({ data }) => data.jobId === jobId));
    for (const jobId of ['c3', 'c2', 'c1']) client.send({ type: 'cancel', jobId });
    for (const end of await Promise.all(ends)) {
      expect(end.data).toMatchObject({ code: 'cancelled.by-owner', retryable: false });
    }
    client.send({ type: 'cancel', jobId: 'nobody' });
    expect((await client.next('failed')).data.code).toBe('input.job-unknown');
    client.socket.close();
  });

  it('is told why a job fails, without its values', async () => {
    const client = await connectWire(server.port);
    const { a } = tiny.input as { a: string };
    client.send(submit('untrue', { input: { ...tiny.input, c: '1' } }));
    expect((await client.next('failed')).data).toMatchObject({
      code: 'witness.unsatisfied',
      retryable: false,
    });
    client.send(submit('elsewhere', { circuit: 'f'.repeat(64) }));
    expect((await client.next('failed')).data.code).toBe('circuit.not-found');
    client.send(submit('held', { expectedPublicSignals: ['1'] }));
    expect((await client.next('failed')).data.code).toBe('witness.signals-differ');
    expect(JSON.stringify(client.messages)).not.toContain(a);
    client.socket.close();
  });
});

describe('the server', () => {
  it('turns away foreign pages, foreign paths and foreign tokens', async () => {
    const to = (path: string, more: object = {}) => refusal(connectWire(server.port, { path, ...more }));
    for (const path of ['//', '//ws', '/ws/', '/ws/x', '/api', '/WS', '///evil.example/ws']) {
      expect(await to(path), path).toBe('HTTP 404');
    }
    expect(await to('/ws?token=1')).toBe('let in');
    for (const origin of ['https://evil.example', 'null', `http://evil.example:${server.port}`]) {
      expect(await to('/ws', { origin }), origin).toBe('HTTP 403');
    }
    expect(await to('/ws', { origin: `http://localhost:${server.port}` })).toBe('let in');
    const guard = (more: object) => refusal(connectWire(guarded.port, more));
    expect(await guard({ token: 'wrong' })).toBe('HTTP 401');
    expect(await guard({ origin: 'https://app.example.org' })).toBe('let in');
    expect(await guard({ origin: 'https://app.example.org.evil.example' })).toBe('HTTP 403');
  });

  it('closes whom it turns away, also those who keep their side open', async () => {
    const upgrade = (path: string, header: string) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${header}\r\n` +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';
    const turnedAway = {
      404: upgrade('//', 'X: y'),
      403: upgrade('/ws', 'Origin: https://elsewhere.example.org'),
      401: upgrade('/ws', 'Authorization: Bearer wrong'),
    };
    for (const [status, text] of Object.entries(turnedAway)) {
      const socket = connect({ port: guarded.port, host: '127.0.0.1', allowHalfOpen: true });
      let heard = '';
      let closed = false;
      socket.on('data', (data) => (heard += String(data))).on('error', () => {});
      socket.on('close', () => {
        closed = true;
      });
      socket.write(text);
      // A socket that is closed on one side only takes all this.
      const trickle = setInterval(() => socket.write('x'), 50);
      await until(() => closed, 5_000).finally(() => clearInterval(trickle));
      expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  });

  it('wants the token first where there is one, and keeps owners apart', async () => {
    const client = await connectWire(guarded.port);
    client.send(submit('mine'));
    expect((await client.next('refused')).data.code).toBe('input.token-missing');
    expect((await client.closed).code).toBe(4401);
    const wrong = await connectWire(guarded.port);
    wrong.send({ type: 'hello', version: 1, token: 'wrong' });
    expect((await wrong.next('refused')).data.code).toBe('input.token');
    expect((await wrong.closed).code).toBe(4401);
    const alice = await connectWire(guarded.port);
    alice.send({ type: 'hello', version: 1, token: TOKEN });
    await alice.next('welcome');
    alice.send(submit('mine'));
    await alice.next('result');
    const bob = await connectWire(guarded.port, { token: OTHER });
    bob.send({ type: 'subscribe', requestId: 'mine' });
    expect((await bob.next('subscribed')).data.status).toBe('unknown');
    alice.send({ type: 'hello', version: 1, token: OTHER });
    expect((await alice.closed).code).toBe(4401);
    bob.socket.close();
  });

  it('refuses another version with a reason that can be shown', async () => {
    const client = await connectWire(server.port);
    client.send({ type: 'hello', version: 2 });
    expect((await client.next('refused')).data).toMatchObject({ code: 'protocol.version', versions: [1] });
    expect((await client.closed).code).toBe(4409);
  });

  it('answers malformed messages by name, and closes on whoever goes on', async () => {
    const client = await connectWire(server.port);
    for (const text of ['', '{', '[]', '{"type":"x"}', '{"type":"cancel"}', `${'['.repeat(9_000)}`]) {
      client.send(text);
      expect((await client.next('refused')).data.code).toMatch(/^protocol\./);
    }
    client.socket.send(Uint8Array.of(1, 2, 3));
    expect((await client.next('refused')).data.code).toBe('protocol.frame');
    for (let at = 0; at < 10; at++) client.send('{');
    expect((await client.closed).code).toBe(4400);
    const large = await connectWire(server.port);
    large.send(`"${'a'.repeat(1_000_000)}"`);
    expect((await large.closed).code).toBe(1009);
  });

  it('bounds one client’s connections, jobs and rate, and serves the others', async () => {
    const own = await Promise.all([1, 2, 3].map(() => connectWire(guarded.port, { token: TOKEN })));
    expect(await refusal(connectWire(guarded.port, { token: TOKEN }))).toBe('HTTP 429');
    const [alice] = own as [WireClient];
    for (let at = 0; at < 12; at++) alice.send(submit(`flood-${at}`));
    const full = await alice.next('failed');
    expect(full.data).toMatchObject({ code: 'resource.queue-full', retryable: true });
    const bob = await connectWire(guarded.port, { token: OTHER });
    bob.send(submit('bobs'));
    expect(await verifies((await bob.next('result')).data)).toBe(true);
    // One of Bob's before most of Alice's, though all of hers came first.
    expect(alice.messages.filter(({ type }) => type === 'result').length).toBeLessThan(5);
    for (let at = 0; at < 200; at++) alice.send({ type: 'unsubscribe', requestId: 'x' });
    expect((await alice.next('refused')).data.code).toBe('resource.rate-limit');
    expect((await alice.closed).code).toBe(4400);
    for (const client of [...own, bob]) client.socket.terminate();
  });

  it('answers pings, and those beyond their rate with a goodbye', async () => {
    const client = await connectWire(guarded.port, { token: PINGS });
    const pong = new Promise<string>((resolve) =>
      client.socket.once('pong', (data) => resolve(String(data))),
    );
    client.socket.ping('there?');
    expect(await pong).toBe('there?');
    for (let at = 0; at < 60; at++) client.socket.ping();
    expect((await client.closed).code).toBe(4429);
  });

  it('keeps few who do not say who they are, and those with a token have their place', async () => {
    const strangers: WireClient[] = [];
    for (let at = 0; at < 8; at++) strangers.push(await connectWire(guarded.port));
    expect(await refusal(connectWire(guarded.port))).toBe('HTTP 503');
    const bob = await connectWire(guarded.port, { token: OTHER });
    for (const { socket } of [...strangers, bob]) socket.terminate();
  });

  it('takes no more in frames than was announced, nor more than it can hold', async () => {
    const client = await connectWire(server.port);
    client.send(submit('huge', { input: undefined, inputBytes: 200_000_000 }));
    expect((await client.next('failed')).data.code).toBe('protocol.too-large');
    client.send(submit('small', { input: undefined, inputBytes: 5 }));
    client.socket.send(encodeFrame({ jobId: 'small', offset: 0, chunk: new Uint8Array(6) }));
    expect((await client.next('refused')).data.code).toBe('protocol.frame');
    client.socket.close();
  });

  it('holds idle sockets by the hundred and still proves; drops them when they go', async () => {
    const many = runs(300, 2_000);
    const idle: WebSocket[] = [];
    for (let at = 0; at < many; at += 50) {
      const batch = Array.from({ length: 50 }, () => new WebSocket(`ws://127.0.0.1:${server.port}/ws`));
      idle.push(...batch);
      await Promise.all(
        batch.map((socket) => new Promise((open, fail) => socket.on('open', open).on('error', fail))),
      );
    }
    const client = await connectWire(server.port);
    client.send(submit('among-many'));
    expect(await verifies((await client.next('result')).data)).toBe(true);
    for (const socket of idle) socket.terminate();
    const count = async () => {
      const text = await (await fetch(`${server.origin}/metrics`)).text();
      return Number(/^gnomon_sockets (\d+)$/m.exec(text)?.[1]);
    };
    await until(async () => (await count()) <= 1);
    client.socket.close();
  });

  it('drops whoever has gone without a word', async () => {
    const started = await mute.next('ping');
    expect(started.data.capacity.slots).toBeGreaterThan(0);
    expect((await mute.closed).code).toBe(1006);
  }, 90_000);

  it('survives noise on its socket', async () => {
    const noise = [
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n',
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
      `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      '\0\0\0\0\r\n\r\n',
    ];
    for (const text of noise) {
      await new Promise<void>((done) => {
        const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
        socket
          .on('data', () => {})
          .on('error', () => done())
          .on('close', () => done());
        setTimeout(() => socket.destroy(), 300);
      });
    }
    expect((await fetch(`${server.origin}/health`)).status).toBe(200);
  });
});
