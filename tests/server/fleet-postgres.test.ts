// A fleet over real PostgreSQL: the same machines as over Redis, connections that are cut, a server that is killed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { type Machines, machinesOn } from '../helpers/fleet.ts';
import { POSTGRES, type PostgresServer, startPostgres } from '../helpers/postgres-server.ts';
import { runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, until } from '../helpers/worker-server.ts';

let circuit: TinyCircuit;
let postgres: PostgresServer;
let keys: string;
let machines: Machines;
let gateway: RunningWorkerServer;

beforeAll(async () => {
  if (POSTGRES === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  postgres = await startPostgres();
  keys = mkdtempSync(join(tmpdir(), 'gnomon-keys-'));
  machines = await machinesOn(postgres.url, circuit.folder, keys);
  [gateway] = await Promise.all([machines.start('gateway'), machines.start('prover')]);
}, 120_000);

afterAll(async () => {
  await machines?.stop();
  await postgres?.stop();
  circuit?.remove();
  if (keys !== undefined) rmSync(keys, { recursive: true, force: true });
});

async function client(): Promise<WireClient> {
  const wire = await connectWire(gateway.port);
  wire.send({ type: 'hello', version: 1 });
  return wire;
}

function submit(wire: WireClient, jobId: string): void {
  const { input, publicSignals: expectedPublicSignals, entry } = circuit;
  wire.send({ type: 'submit', jobId, circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals });
}

const resultOf = (wire: WireClient, jobId: string) => wire.next('result', ({ data }) => data.jobId === jobId);

/** Submits until it is taken, as a client does that hears that the queue is away. */
async function accepted(wire: WireClient, jobId: string): Promise<void> {
  for (let left = 20; left > 0; left--) {
    submit(wire, jobId);
    const said = await wire.next(['accepted', 'failed'], ({ data }) => data.jobId === jobId);
    if (said.type === 'accepted') return;
    expect(said.data).toMatchObject({ code: 'resource.fleet-unreachable', retryable: true });
    await new Promise((wake) => setTimeout(wake, 250));
  }
  throw new Error(`${jobId} was never accepted.`);
}

const jobs = async () => {
  const rows = await postgres.query('SELECT text FROM gnomon.job ORDER BY sequence');
  return rows.map(({ text }) => JSON.parse(String(text)).job as { id: string; state: string });
};

describe.skipIf(POSTGRES === undefined)('a fleet over PostgreSQL', () => {
  it('runs under a user without privileges', () => {
    const [line = ''] = execFileSync('ps', ['-o', 'user=,args=', '-e'], { encoding: 'utf8' })
      .split('\n')
      .filter((text) => text.includes(postgres.folder));
    expect(line).not.toBe('');
    expect(line).not.toMatch(/^root /);
  });

  it('takes a job at a gateway, proves it elsewhere, and knows it when it comes again', async () => {
    const wire = await client();
    submit(wire, 'one');
    expect((await resultOf(wire, 'one')).data.publicSignals).toEqual(circuit.publicSignals);
    // Once more is the same job.
    submit(wire, 'one');
    expect((await wire.next('accepted')).data.position).toBe(0);
    expect(await jobs()).toHaveLength(1);
    wire.socket.close();
  });

  it('loses nothing when all its connections are cut, again and again', async () => {
    const wire = await client();
    const rounds = runs(1, 10);
    for (let round = 0; round < rounds; round++) {
      const ids = Array.from({ length: 4 }, (_, at) => `cut-${round}-${at}`);
      for (const id of ids.slice(0, 2)) await accepted(wire, id);
      const cut = await postgres.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND datname = 'postgres'`,
      );
      expect(cut.length).toBeGreaterThan(4);
      for (const id of ids.slice(2)) await accepted(wire, id);
      for (const id of ids) await resultOf(wire, id);
    }
    const states = (await jobs()).filter(({ id }) => id.includes('cut-')).map(({ state }) => state);
    expect(states).toEqual(Array(rounds * 4).fill('succeeded'));
    wire.socket.close();
  }, 300_000);

  it('loses nothing when PostgreSQL is killed and starts again', async () => {
    const wire = await client();
    for (let round = 0; round < runs(1, 10); round++) {
      const ids = Array.from({ length: 4 }, (_, at) => `killed-${round}-${at}`);
      for (const id of ids) await accepted(wire, id);
      await postgres.kill();
      await postgres.restart();
      // Not submitted again: what was accepted was on the disk.
      for (const id of ids) await resultOf(wire, id);
    }
    await until(async () => (await fetch(`${gateway.origin}/api/queue/stats`)).ok);
    wire.socket.close();
  }, 300_000);
});
