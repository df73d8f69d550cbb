// Provers of a fleet that have different circuits, on Redis and on PostgreSQL: a long line of jobs for one of them keeps
// neither that one from its work nor the other from what stands behind the line.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aResult, here } from '../contract/job-store.support.ts';
import { type Machine, makeKeys, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { onPostgres, onRedis, type Storage } from '../helpers/fleet-storage.ts';
import { POSTGRES } from '../helpers/postgres-server.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { runs } from '../helpers/scale.ts';
import { until } from '../helpers/worker-server.ts';

const BACKLOG = runs(100, 2000);
/** How often a prover that found nothing asks again; a scheduler does so every second. */
const ASK_MS = 200;

const [mine, theirs] = ['0', 'f'].map((digit) => {
  const { circuit } = submissionOf('any');
  const zkey = { url: 'x.bin', bytes: 1, sha256: digit.repeat(64) };
  return { ...circuit, artifacts: { ...circuit.artifacts, zkey } };
}) as [ReturnType<typeof submissionOf>['circuit'], ReturnType<typeof submissionOf>['circuit']];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-circuits-'));
  await makeKeys(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Proves the next job of a circuit; null: there is none. */
async function proveNext({ store }: Machine, name: string, circuit: typeof mine): Promise<string | null> {
  const holder = { ownerId: name, epoch: 0 };
  const circuits = new Set([circuit.artifacts.zkey.sha256]);
  const found = await store.claim(holder, { leaseMs: 10_000, place: () => here, circuits });
  if ('refusal' in found || found.claim === null) return null;
  const { job, lease } = found.claim;
  expect(job.circuit.artifacts.zkey.sha256).toBe(circuit.artifacts.zkey.sha256);
  expect((await store.commit(holder, lease, { kind: 'succeeded', result: aResult })).ok).toBe(true);
  return job.id.slice(job.id.indexOf('\n') + 1);
}

describe.each([
  ['Redis', REDIS, onRedis],
  ['PostgreSQL', POSTGRES, onPostgres],
] as const)('a line of jobs that a prover lacks the circuit of, on %s', (_name, program, start) => {
  it.skipIf(program === undefined)(
    'holds up neither who has it nor the others',
    async () => {
      const storage: Storage = await start();
      const [one, two] = [
        await openMachine({ storage, folder, prefix: 'line' }),
        await openMachine({ storage, folder, prefix: 'line' }),
      ];
      for (let at = 0; at < BACKLOG; at += 50) {
        const some = Array.from({ length: 50 }, (_, more) =>
          one.gateway.submit(submissionOf(`${at + more}`, { circuit: theirs })),
        );
        await Promise.all(some);
      }
      const behind = ['first', 'second', 'third'];
      for (const jobId of behind) await one.gateway.submit(submissionOf(jobId, { circuit: mine }));

      const proveMany = async (jobs: number): Promise<number> => {
        const sinceMs = performance.now();
        // Never empty for whoever has the circuit.
        for (let at = 0; at < jobs; at++) expect(await proveNext(one, 'has it', theirs)).not.toBeNull();
        return performance.now() - sinceMs;
      };
      const aloneMs = await proveMany(BACKLOG / 5);
      let done = false;
      const got: (string | null)[] = [];
      const other = (async () => {
        while (!done) {
          const jobId = await proveNext(two, 'lacks it', mine);
          got.push(jobId);
          if (jobId === null) await new Promise((wake) => setTimeout(wake, ASK_MS));
        }
      })();
      const togetherMs = await proveMany(BACKLOG / 5);
      const itsOwn = () => got.filter((jobId) => jobId !== null);
      // It goes on asking, and finds nothing more.
      await until(() => itsOwn().length >= behind.length && got.at(-1) === null);
      done = true;
      await other;
      expect(itsOwn()).toEqual(behind);
      // With room for a machine that stood still for a moment.
      expect(togetherMs).toBeLessThan(2 * aloneMs + 2_000);
      // Nothing is held back or lost.
      expect(await one.records.count('queued')).toBe(BACKLOG - 2 * (BACKLOG / 5));
      expect(await one.dispatch.waiting(BACKLOG)).toHaveLength(BACKLOG - 2 * (BACKLOG / 5));
      await one.close();
      await two.close();
      await storage.stop();
    },
    300_000,
  );
});
