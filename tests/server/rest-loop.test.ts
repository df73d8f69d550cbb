// Nobody waits while the server reads a request, however large it is and whatever it holds: progress, pings and everyone
// else's requests are answered by the same loop.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCircuits } from '../../circuits/build.ts';
import { buildServer } from '../../scripts/app-steps.ts';
import { builtCircuits } from '../helpers/app.ts';
import { attestation, call } from '../helpers/rest-orders.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const BODY_BYTES = 4 * 1024 * 1024;
const MOST_HELD_MS = 50;

/** In the server: prints for how long its loop has come to nothing else, in processor time, so that a busy machine does
 * not count. Asked to, it comes to nothing else for a while. */
const WATCH = `
if (process.argv[1].endsWith('main.js')) {
  let since = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(since);
    since = process.cpuUsage();
    if (user + system > 5_000) process.stdout.write('\\nheld ' + (user + system) / 1000 + ' ms\\n');
  }, 1);
  process.on('SIGUSR2', () => {
    const start = process.cpuUsage();
    while (process.cpuUsage(start).user < ${2 * MOST_HELD_MS * 1_000});
  });
}`;

let server: RunningWorkerServer;

beforeAll(async () => {
  await buildServer();
  await buildCircuits({ sizes: [16] });
  server = await startWorkerServer({
    circuitsFolder: builtCircuits,
    args: ['--threads', '1', '--rate', '100000', '--log-level', 'warn'],
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WATCH)}` },
  });
  // Of the first one much is code that runs for the first time.
  await ask({ attestations: [attestation()] });
}, 300_000);
afterAll(() => server?.stop());

async function ask(body: unknown): Promise<number> {
  const answer = await call(server, 'POST', '/api/proof/generate', body, { Prefer: 'respond-async' });
  const { requestId } = answer.body as { requestId?: string };
  if (answer.status === 202) await call(server, 'POST', `/api/proof/cancel/${requestId}`);
  return answer.status;
}

/** As many items as fit into a body. */
function filled(head: string, item: (at: number) => string, tail: string, most: number): string {
  const items: string[] = [];
  let bytes = head.length + tail.length;
  for (let at = 0; at < most; at++) {
    bytes += item(at).length + 1;
    if (bytes > BODY_BYTES) break;
    items.push(item(at));
  }
  return head + items.join() + tail;
}

/** Each time that the server came to nothing else since it had printed so much. */
function heldMs(from: number): number[] {
  const lines = server
    .output()
    .slice(from)
    .matchAll(/^held ([\d.]+) ms$/gm);
  return [...lines].map(([, ms]) => Number(ms));
}

it('would be noticed', async () => {
  const from = server.output().length;
  server.kill('SIGUSR2');
  await until(() => Math.max(0, ...heldMs(from)) > MOST_HELD_MS);
});

const key = (at: number) => `"k${at}":1`;
const one = (at: number) => JSON.stringify(attestation({ source: `0x${(at + 1).toString(16)}` }));
const lists = '{"circuit":"reputation-16","input":{"a":[';

it.each([
  ['text', 'x'.repeat(BODY_BYTES), 400],
  ['brackets', '['.repeat(BODY_BYTES), 400],
  ['one long string', `{"message":"${'x'.repeat(BODY_BYTES - 100)}"}`, 400],
  ['unknown fields', filled('{', key, '}', 390_000), 400],
  ['signals', filled('{"circuit":"reputation-16","input":{', key, '}}', 390_000), 400],
  ['numbers', filled(lists, () => '1', ']}}', 390_000), 202],
  ['lists', filled(lists, () => '[[[1]]]', ']}}', 90_000), 202],
  ['decimals', filled(lists, (at) => `"${BigInt(at) ** 16n}"`, ']}}', 390_000), 202],
  ['one attestation', JSON.stringify({ attestations: [attestation()] }), 202],
  ['attestations', filled('{"attestations":[', one, ']}', 390_000), 202],
  ['empty attestations', filled('{"attestations":[', () => '{}', ']}', 99_999), 422],
  ['an attestation of many fields', filled('{"attestations":[{', key, '}]}', 390_000), 422],
])('is not kept from others by %s', async (_what, body, status) => {
  // The second finds children that have started, and code that has run.
  for (let time = 0; time < 2; time++) {
    const from = server.output().length;
    expect(await ask(body)).toBe(status);
    expect(Math.max(0, ...heldMs(from))).toBeLessThan(MOST_HELD_MS);
  }
});
