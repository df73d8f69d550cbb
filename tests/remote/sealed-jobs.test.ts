// What goes to a server that offers a key: sealed bytes, made anew for the key of now, and never the input itself.
import { describe, expect, it } from 'vitest';
import { decodeFrame, makeAssembler } from '../../src/core/wire/frames.ts';
import type { ClientMessageInput } from '../../src/core/wire/messages.ts';
import { type Connection, createConnection } from '../../src/remote/connection.ts';
import { createRemoteJob } from '../../src/remote/remote-job.ts';
import type { SealingKey } from '../../src/remote/sealing.ts';
import type { SocketEvent } from '../../src/remote/socket.ts';
import { makeOpeningKey, open } from '../../worker-server/fleet/opening.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { until } from '../helpers/worker-server.ts';

const SECRET = '61803398874989484820458683436563811772';

/** A job on its way to a server with this key, and all that is sent there. */
function sending(key: SealingKey, { large = false, maxPayloadBytes = 10_000_000, guard = () => {} } = {}) {
  const sent: (ClientMessageInput | Uint8Array)[] = [];
  const welcome = { key, maxPayloadBytes };
  const connection = {
    ...{ welcome, buffered: () => 0, measured: () => {} },
    send: (message: ClientMessageInput | Uint8Array) => sent.push(message) > 0,
  };
  const { circuit } = requestFor('x');
  const input = { secret: SECRET, rest: large ? Array.from({ length: 9_000 }, (_, at) => `${at}`) : '1' };
  const job = createRemoteJob(
    { jobId: 'own', attempt: 1, circuit, input, rung: 'engine-threaded', deadlineMs: 120_000 } as never,
    {
      ...{ wireId: 'wire-1', label: 'Office', connection: connection as unknown as Connection },
      ...{
        clock: new VirtualClock(),
        lostAfterMs: 20_000,
        maxWaitMs: 120_000,
        guard,
        onProgress: () => {},
        onGivenUp: () => {},
      },
    },
  );
  job.result.catch(() => {});
  const submits = () => sent.filter((one): one is ClientMessageInput => !(one instanceof Uint8Array));
  const isWhole = () => {
    const { sealedBytes = 0 } = (submits().at(-1) ?? {}) as { sealedBytes?: number };
    const frames = sent.slice(sent.lastIndexOf(submits().at(-1) as never) + 1) as Uint8Array[];
    return (
      sealedBytes > 0 &&
      frames.reduce((sum, frame) => sum + decodeFrame(frame).chunk.length, 0) >= sealedBytes
    );
  };
  /** Of the last submit. */
  const payload = async (): Promise<Uint8Array> => {
    await until(isWhole);
    const last = submits().at(-1) as unknown as { sealedBytes: number };
    const whole = makeAssembler(last.sealedBytes);
    let done: Uint8Array | null = null;
    for (const frame of sent.slice(sent.lastIndexOf(last as never) + 1)) {
      done = whole.add(decodeFrame(frame as Uint8Array));
    }
    return done ?? new Uint8Array();
  };
  return {
    job,
    welcome,
    sent,
    submits,
    payload,
    what: { circuit: circuit.artifacts.zkey.sha256, jobId: 'wire-1' },
  };
}

it('the key of a newer ping is the one that counts', () => {
  const heard = new Map<string, (event: SocketEvent) => void>();
  const connection = createConnection({
    ...{ url: 'ws://office/ws', clock: new VirtualClock(), random: new SeededRandom(1) },
    open: () => ({
      ...{ binaryType: '', bufferedAmount: 0, send: () => {}, close: () => {} },
      addEventListener: (type, listener) => void heard.set(type, listener),
    }),
    ...{ onMessage: () => {}, onReady: () => {}, onLost: () => {} },
  });
  connection.start();
  heard.get('open')?.({});
  const capacity = { slots: 1, busy: 0, queued: 0 };
  const key = (id: string) => ({ id, publicKey: 'point' });
  const say = (type: string, data: object) =>
    heard.get('message')?.({ data: JSON.stringify({ type, data }) });
  const office = { version: 1, serverId: 'x', name: 'Office', privacy: '', circuits: [] };
  say('welcome', { ...office, capacity, pingIntervalMs: 10_000, maxPayloadBytes: 1_000, key: key('old') });
  expect(connection.welcome?.key?.id).toBe('old');
  say('ping', { capacity, key: key('new') });
  expect(connection.welcome?.key?.id).toBe('new');
  // A server that says nothing of it has not changed it.
  say('ping', { capacity });
  expect(connection.welcome?.key?.id).toBe('new');
  connection.close();
});

describe('a job for a server that offers a key', () => {
  it.each([false, true])('is sent sealed, small or large (%s)', async (large) => {
    const key = await makeOpeningKey();
    const { job, sent, submits, payload, what } = sending(key.offered, { large });
    job.start();
    const text = await open(await payload(), key, what);
    expect(JSON.parse(new TextDecoder().decode(text ?? new Uint8Array())).secret).toBe(SECRET);
    expect(submits()).toHaveLength(1);
    expect(submits()[0]).not.toHaveProperty('input');
    const all = sent.map((one) =>
      one instanceof Uint8Array ? Buffer.from(one).toString('latin1') : JSON.stringify(one),
    );
    expect(all.join()).not.toContain(SECRET);
  });

  it('is sealed anew, to the key of now, when it is submitted again', async () => {
    const [first, second] = [await makeOpeningKey(), await makeOpeningKey()];
    const { job, welcome, payload, what, submits } = sending(first.offered);
    job.start();
    await payload();
    welcome.key = second.offered;
    job.lost();
    job.connected(false);
    await until(() => submits().length === 2);
    expect(await open(await payload(), second, what)).not.toBeNull();
  });

  it('is not sent at all when the key is none, or another than its id names', async () => {
    const [one, other] = [await makeOpeningKey(), await makeOpeningKey()];
    const { job, sent } = sending({ id: one.offered.id, publicKey: other.offered.publicKey });
    job.start();
    await expect(job.result).rejects.toMatchObject({ code: 'protocol.key' });
    expect(sent).toEqual([]);
  });

  it('is not sent at all where the page cannot seal', async () => {
    const key = await makeOpeningKey();
    const { job, sent } = sending(key.offered);
    const subtle = Object.getOwnPropertyDescriptor(Crypto.prototype, 'subtle') as PropertyDescriptor;
    Object.defineProperty(Crypto.prototype, 'subtle', { configurable: true, get: () => undefined });
    try {
      job.start();
      await expect(job.result).rejects.toMatchObject({ code: 'resource.no-sealing' });
      expect(sent).toEqual([]);
    } finally {
      Object.defineProperty(Crypto.prototype, 'subtle', subtle);
    }
  });

  it('is not sent when it is no longer allowed once it is sealed', async () => {
    const key = await makeOpeningKey();
    let allowed = true;
    const guard = () => {
      if (!allowed) throw new Error('withdrawn');
    };
    const { job, sent } = sending(key.offered, { guard });
    job.start();
    allowed = false;
    await expect(job.result).rejects.toThrow('withdrawn');
    expect(sent).toEqual([]);
  });

  it('is not sent when the sealed input is larger than the server takes', async () => {
    const key = await makeOpeningKey();
    const { job, sent } = sending(key.offered, { maxPayloadBytes: 100 });
    job.start();
    await expect(job.result).rejects.toMatchObject({ code: 'input.too-large' });
    expect(sent).toEqual([]);
  });
});
