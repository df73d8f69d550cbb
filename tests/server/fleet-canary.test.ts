// A fleet keeps no readable input, wherever one looks: the queue's memory, files, log and dumps, the machines' logs;
// while jobs wait and after they have ended. Beside it a number that may be read is searched for in the same places.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { encodeFrame } from '../../src/core/wire/frames.ts';
import { seal } from '../../src/remote/sealing.ts';
import { drawCanary, filesIn, findCanaries, formsOf, type Place } from '../helpers/canaries.ts';
import { allOfRedis, machinesOn } from '../helpers/fleet.ts';
import { POSTGRES, startPostgres } from '../helpers/postgres-server.ts';
import { memoryOf, REDIS, startRedis } from '../helpers/redis-server.ts';
import { makeTinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';

interface Searched {
  url: string;
  /** All there is to look at, by name. */
  places(): Promise<Place[]>;
  /** Puts a number that may be read where a careless program would. */
  leak(secret: bigint): Promise<void>;
  stop(): Promise<void>;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
beforeAll(async () => {
  if (REDIS !== undefined || POSTGRES !== undefined) await buildServer();
}, 120_000);

async function redisToSearch(): Promise<Searched> {
  // Written at once: with `everysec` a slow disk holds the file back for two seconds.
  const server = await startRedis([
    '--logfile',
    'redis.log',
    '--loglevel',
    'debug',
    '--dbfilename',
    'dump.rdb',
    '--appendfsync',
    'always',
  ]);
  const redis = new Redis(server.port);
  const file = (name: string) => readFileSync(join(server.folder, name));
  return {
    url: server.url,
    async places() {
      // The file as it grew, before it is written anew.
      const grown: Place = ['Redis’ append-only file', filesUnder(join(server.folder, 'appendonlydir'))];
      const memory: Place = ['Redis’ memory', memoryOf(server.pid())];
      const dumped: Place = ['DUMP of all keys', Buffer.from(await allOfRedis(redis), 'latin1')];
      await redis.save();
      return [grown, memory, dumped, ['RDB', file('dump.rdb')], ['Redis’ log', file('redis.log')]];
    },
    async leak(secret) {
      for (const [at, [, form]] of formsOf(secret).entries()) {
        await redis.set(`leak:${at}`, form);
        // Its log takes text only.
        if (!form.includes(0) && /^[\x20-\x7e]*$/.test(form.toString('latin1'))) {
          await redis.eval('redis.log(redis.LOG_WARNING, ARGV[1])', 0, form);
        }
      }
    },
    async stop() {
      await redis.quit();
      await server.stop();
    },
  };
}

async function postgresToSearch(): Promise<Searched> {
  const settings = { logging_collector: 'on', log_statement: 'all', log_min_messages: 'debug1' };
  const folder = { log_directory: '../log', log_parameter_max_length: '-1', log_checkpoints: 'on' };
  const args = Object.entries({ ...settings, ...folder }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = await startPostgres(args);
  return {
    url: server.url,
    async places() {
      const dump = Buffer.from(await server.dump());
      await server.query('CHECKPOINT');
      const [database] = await server.query('SELECT oid FROM pg_database WHERE datname = current_database()');
      return [
        ['SQL dump', dump],
        ['PostgreSQL’s WAL', filesUnder(join(server.folder, 'data/pg_wal'))],
        ['PostgreSQL’s tables', filesUnder(join(server.folder, 'data/base', String(database?.oid)))],
        ['PostgreSQL’s log', filesUnder(join(server.folder, 'log'))],
      ];
    },
    async leak(secret) {
      await server.query('CREATE TABLE leak (text text, bytes bytea)');
      for (const [, form] of formsOf(secret)) {
        const text = form.toString('latin1');
        const isText = /^[\x20-\x7e]*$/.test(text);
        const bytes = `'\\x${form.toString('hex')}'`;
        await server.query(`INSERT INTO leak VALUES (${isText ? `'${text}'` : 'NULL'}, ${bytes})`);
      }
    },
    stop: server.stop,
  };
}

describe.each([
  ['Redis', REDIS, redisToSearch],
  ['PostgreSQL', POSTGRES, postgresToSearch],
] as const)('a fleet on %s', (_name, program, start) => {
  it.skipIf(program === undefined)(
    'keeps only sealed inputs in its queue’s memory, files, dumps and logs, and in the machines’ logs',
    async () => {
      const [secret, readable] = [drawCanary(), drawCanary()];
      const circuit = await makeTinyCircuit(secret);
      closing.push(() => circuit.remove());
      const queue = await start();
      closing.push(() => queue.stop());
      const keys = mkdtempSync(join(tmpdir(), 'gnomon-keys-'));
      closing.push(() => rmSync(keys, { recursive: true, force: true }));
      const machines = await machinesOn(queue.url, circuit.folder, keys);
      closing.push(() => machines.stop());
      const [gateway, prover] = [await machines.start('gateway'), await machines.start('prover')];
      const logs = (): Place[] => [
        ['the gateway’s log', Buffer.from(gateway.output())],
        ['the prover’s log', Buffer.from(prover.output())],
      ];

      // Nothing is proved until all have been searched for.
      prover.kill('SIGSTOP');
      const wire = await connectWire(gateway.port);
      closing.push(() => wire.socket.close());
      wire.send({ type: 'hello', version: 1 });
      const { key } = (await wire.next('welcome')).data;
      const { input, publicSignals: expectedPublicSignals, entry } = circuit;
      const digest = entry.artifacts.zkey.sha256;
      // Over the socket, as it is; its id is public, and is the number to find.
      const openId = `job-${readable}`;
      wire.send({ type: 'submit', jobId: openId, circuit: digest, input, expectedPublicSignals });
      // Sealed by the client.
      const text = new TextEncoder().encode(JSON.stringify(input));
      const sealed = await seal(text, key!, { circuit: digest, jobId: 'sealed' });
      wire.send({
        type: 'submit',
        jobId: 'sealed',
        circuit: digest,
        expectedPublicSignals,
        sealedBytes: sealed.length,
      });
      wire.socket.send(encodeFrame({ jobId: 'sealed', offset: 0, chunk: sealed }));
      // By REST, of which a gateway keeps what was asked.
      const made = await fetch(`${gateway.origin}/api/proof/generate`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'respond-async' },
        body: JSON.stringify({ circuit: 'product', input, requestId: 'rest' }),
      });
      expect(made.status).toBe(202);
      for (const _ of [openId, 'sealed']) await wire.next('accepted');
      const waiting = [...(await queue.places()), ...logs()];
      expect(findCanaries([secret], waiting)).toEqual([]);
      // They are there, and unreadable: what is sealed begins with the key it is sealed to.
      const isThere = ([, bytes]: Place) =>
        bytes.includes(Buffer.from(`01${key!.id}`, 'hex')) || bytes.includes(`01${key!.id}`);
      for (const place of waiting.slice(0, -2)) {
        if (place[0] !== 'Redis’ log') expect(isThere(place), place[0]).toBe(true);
      }

      prover.kill('SIGCONT');
      for (const id of [openId, 'sealed']) await wire.next('result', ({ data }) => data.jobId === id);
      wire.send({ type: 'subscribe', requestId: 'rest' });
      await wire.next('result', ({ data }) => data.jobId === 'rest');
      const after = [...(await queue.places()), ...logs()];
      expect(findCanaries([secret], after)).toEqual([]);
      // Deleted with the job's end, sealed as they are.
      const dumps = after.filter(([name]) => /dump|RDB/i.test(name));
      expect(dumps.length).toBeGreaterThan(0);
      for (const place of dumps) expect(isThere(place), place[0]).toBe(false);
      // What may be known is found by the same search: the job's id wherever jobs are named.
      const named = findCanaries([readable], after);
      for (const [place] of after) {
        if (place !== 'Redis’ log') expect(named, place).toContain(`${place}: decimal`);
      }

      // And it would find each form of a number in each place of the queue.
      const leaked = drawCanary();
      await queue.leak(leaked);
      const places = await queue.places();
      const found = findCanaries([leaked], places);
      for (const [place] of places) {
        for (const [form, bytes] of formsOf(leaked)) {
          const isText = /^[\x20-\x7e]*$/.test(bytes.toString('latin1'));
          // Logs and dumps are text: of what is not, they show the hex.
          if (isText || !/log|SQL dump/.test(place)) expect(found).toContain(`${place}: ${form}`);
        }
      }
    },
    120_000,
  );
});

function filesUnder(folder: string): Buffer {
  return existsSync(folder) ? Buffer.concat(filesIn(folder).map(([, bytes]) => bytes)) : Buffer.alloc(0);
}
