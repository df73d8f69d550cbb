// Deaths and ends of a real server: children killed and out of memory, shutdown in good order, SIGKILL.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import {
  isAlive,
  type RunningWorkerServer,
  startWorkerServer,
  until,
  type WorkerServerOptions,
} from '../helpers/worker-server.ts';

let tiny: TinyCircuit;
beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
}, 300_000);
afterAll(() => tiny?.remove());

async function withServer(
  options: Omit<WorkerServerOptions, 'circuitsFolder'>,
  run: (server: RunningWorkerServer) => Promise<void>,
): Promise<void> {
  const args = ['--threads', '1', '--concurrency', '1', ...(options.args ?? [])];
  const server = await startWorkerServer({ circuitsFolder: tiny.folder, ...options, args });
  try {
    await run(server);
  } finally {
    server.kill('SIGKILL');
    await server.exited;
  }
}

const submit = (jobId: string) => ({
  type: 'submit',
  jobId,
  circuit: tiny.entry.artifacts.zkey.sha256,
  input: tiny.input,
});
const running = (message: { data: { status: string } }) => message.data.status === 'running';

describe('a worker server', () => {
  it('proves on when a proving child is killed in mid-proof, and the job ends once', () =>
    withServer({}, async (server) => {
      const client = await connectWire(server.port);
      for (let at = 0; at < 3; at++) {
        const jobId = `killed-${at}`;
        client.send(submit(jobId));
        await client.next('progress', (message) => running(message) && message.requestId === jobId);
        for (const pid of server.children()) process.kill(pid, 'SIGKILL');
        expect((await client.next('result')).data.jobId).toBe(jobId);
      }
      const ends = client.messages.filter(({ type }) => type === 'result' || type === 'failed');
      expect(ends).toHaveLength(3);
      expect(isAlive(server.pid)).toBe(true);
    }));

  it(
    'lives when every proof runs out of memory, and says that it was memory',
    () =>
      withServer({ args: ['--proof-memory', '64'] }, async (server) => {
        const client = await connectWire(server.port);
        client.send(submit('hungry'));
        const { data } = await client.next('failed');
        expect(data).toMatchObject({ jobId: 'hungry', code: 'resource.memory' });
        expect((await fetch(`${server.origin}/health`)).status).toBe(200);
        expect(server.children().filter((pid) => pid !== server.pid).length).toBeLessThanOrEqual(1);
      }),
    120_000,
  );

  it('ends the child of a cancelled job within a second', () =>
    withServer({}, async (server) => {
      const client = await connectWire(server.port);
      client.send(submit('cancelled'));
      await client.next('progress', ({ data }) => data.stage === 'artifacts' || data.stage === 'proving');
      const [pid] = server.children();
      client.send({ type: 'cancel', jobId: 'cancelled' });
      await client.next('failed');
      await until(() => !isAlive(pid!));
      client.send(submit('after'));
      expect((await client.next('result')).data.jobId).toBe('after');
    }));

  it(
    'shuts down in order: finishes what runs, hands back what waits, leaves nothing behind',
    () =>
      withServer({ args: ['--shutdown', '100'] }, async (server) => {
        const client = await connectWire(server.port);
        for (const jobId of ['runs', 'waits-1', 'waits-2']) client.send(submit(jobId));
        await client.next('progress', (message) => running(message) && message.requestId === 'runs');
        // Whoever waits for an answer over REST gets one.
        const waiter = fetch(`${server.origin}/api/proof/generate`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ circuit: 'product', input: tiny.input }),
        });
        await until(async () => {
          const stats = (await (await fetch(`${server.origin}/api/queue/stats`)).json()) as {
            totalQueued: number;
          };
          return stats.totalQueued === 3;
        });
        const children = server.children();
        server.kill('SIGTERM');
        const answer = await waiter;
        expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5']);
        expect(await answer.json()).toMatchObject({ error: { code: 'resource.shutting-down' } });
        for (const jobId of ['waits-1', 'waits-2']) {
          const { data } = await client.next('failed', (message) => message.data.jobId === jobId);
          expect(data).toMatchObject({ code: 'resource.shutting-down', retryable: true });
        }
        expect((await client.next('result')).data.jobId).toBe('runs');
        expect((await client.closed).code).toBe(1001);
        expect(await server.exited).toBe(0);
        expect(children.some(isAlive)).toBe(false);
      }),
    150_000,
  );

  it('ends in the time it is given, whatever hangs', () =>
    withServer({ args: ['--shutdown', '2'] }, async (server) => {
      const client = await connectWire(server.port);
      client.send(submit('hangs'));
      await client.next('progress', running);
      await until(() => server.children().length > 0);
      const children = server.children();
      for (const pid of children) process.kill(pid, 'SIGSTOP');
      server.kill('SIGTERM');
      expect(await server.exited).toBe(0);
      await until(() => !children.some(isAlive));
    }));

  it('takes its children with it when it is killed', () =>
    withServer({}, async (server) => {
      const client = await connectWire(server.port);
      client.send(submit('orphaned'));
      await client.next('progress', running);
      await until(() => server.children().length > 0);
      const children = server.children();
      server.kill('SIGKILL');
      expect(await server.exited).toBe('SIGKILL');
      await until(() => !children.some(isAlive));
    }));

  it('knows nothing of its jobs after a restart: status says to submit again', () =>
    withServer({}, async (server) => {
      const answer = await fetch(`${server.origin}/api/proof/status/from-before`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({
        error: { code: 'input.job-unknown', nextStep: expect.stringContaining('same requestId') },
      });
    }));

  it('does not start where it would be open to everyone', async () => {
    const start = (args: string[], env: Record<string, string> = {}) =>
      startWorkerServer({ circuitsFolder: tiny.folder, args, env }).then(
        async (server) => {
          await server.stop();
          return 'started';
        },
        (thrown: Error) => thrown.message,
      );
    expect(await start(['--host', '0.0.0.0'])).toMatch(
      /\(2\): --host: Listening on 0\.0\.0\.0 would let anyone/,
    );
    expect(await start(['--host', '0.0.0.0'], { TOKEN: 'a-token-that-is-long' })).toBe('started');
    expect(await start(['--prot', '1'])).toMatch(/\(2\): .*--prot/);
  });
});
