// Bodies of REST requests on their way: what they may hold in all, and of one client; and that they are given back.
import { describe, expect, it } from 'vitest';
import { createApp } from '../../worker-server/app.ts';
import { makeByteBudget } from '../../worker-server/byte-budget.ts';
import { makeCallers } from '../../worker-server/callers.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { settle, VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { makeScriptedServer } from '../remote/scripted-server.ts';

const MB = 1024 * 1024;
const TOKENS = { alice: 'alice-token-0123456789', bob: 'bob-token-0123456789' };

async function makeWorld() {
  const { parts } = await makeScriptedServer({
    ...{ clock: new VirtualClock(), random: new SeededRandom(testSeed), circuit: requestFor('x').circuit },
    ...{ slots: 1, script: () => ({ kind: 'prove', ms: 1 }) },
  });
  const arriving = makeByteBudget(8 * MB, MB);
  const tokens = Object.entries(TOKENS).map(([name, token]) => ({ name, token }));
  const callers = await makeCallers({ tokens, adminToken: null, jwt: null });
  const limits = { ...parts.limits, maxBodyBytes: MB };
  const app = createApp({
    ...{ appFolder: null, circuitsFolder: 'nowhere', version: '0' },
    parts: { ...parts, arriving, callers, limits },
  });

  /** A body that stops when these have come. */
  async function send(who: keyof typeof TOKENS, ...chunks: (string | Uint8Array)[]) {
    let end = (_: string) => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk as string));
        end = (rest) => {
          controller.enqueue(Buffer.from(rest));
          controller.close();
        };
      },
    });
    const sent = { end: (rest: string) => end(rest), status: null as number | null, code: '' };
    const done = Promise.resolve(
      app.request('http://localhost/api/proof/generate', {
        ...{ method: 'POST', body, duplex: 'half' },
        headers: { Authorization: `Bearer ${TOKENS[who]}`, 'Content-Type': 'application/json' },
      } as RequestInit),
    ).then(async (answer) => {
      sent.status = answer.status;
      sent.code = ((await answer.json()) as { error: { code: string } }).error.code;
    });
    await settle();
    return { ...sent, now: () => sent, done };
  }
  return { arriving, send };
}

describe('bodies on their way', () => {
  it('are bounded in all and for each client, are told so, and are given back', async () => {
    const { arriving, send } = await makeWorld();
    const most = `{"message":"${'x'.repeat(0.95 * MB)}`;
    const alices = [];
    for (let at = 0; at < 12; at++) alices.push(await send('alice', most));
    await Promise.race([Promise.all(alices.slice(6).map(({ done }) => done)), settle()]);
    const held = alices.filter(({ now }) => now().status === null);
    const refused = alices.filter(({ now }) => now().status !== null);
    expect([held.length, refused.length]).toEqual([6, 6]);
    for (const { now } of refused) expect([now().status, now().code]).toEqual([429, 'resource.queue-full']);
    expect(arriving.usedBytes()).toBeLessThanOrEqual(6 * MB);
    // There is room for others, who are answered by what they sent.
    const bob = await send('bob', most);
    expect(bob.now().status).toBeNull();
    bob.end('"}');
    await bob.done;
    expect([bob.now().status, bob.now().code]).toEqual([400, 'protocol.shape']);
    for (const { end } of held) end('"}');
    await Promise.all(held.map(({ done }) => done));
    expect(arriving.usedBytes()).toBe(0);
    const after = await send('alice', most);
    expect(after.now().status).toBeNull();
    after.end('"');
    await after.done;
    expect([after.now().code, arriving.usedBytes()]).toEqual(['protocol.json', 0]);
  });

  it('hold what has come, however small it is cut, and are read as one text', async () => {
    const { arriving, send } = await makeWorld();
    const text = Buffer.from(`{"message":"${'é'.repeat(20_000)}`);
    const cut = await send('alice', ...Array.from(text, (byte) => Uint8Array.of(byte)));
    while (arriving.usedBytes() < text.length) await settle();
    expect(arriving.usedBytes()).toBeLessThanOrEqual(2 * text.length);
    cut.end('","é":1}');
    await cut.done;
    expect([cut.now().status, cut.now().code]).toEqual([400, 'protocol.shape']);
    const wrong = await send('alice', Uint8Array.of(0x7b, 0x22, 0xc3));
    wrong.end('"}');
    await wrong.done;
    expect([wrong.now().code, arriving.usedBytes()]).toEqual(['protocol.body', 0]);
  });
});
