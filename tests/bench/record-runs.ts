// `npm run bench -- predict --record N`: makes a mixed run of real proofs on a worker server of its own and keeps
// the attempts that it recorded, for the back-test (back-test.ts). Sizes and provers are drawn by a seed, with a person's
// habits: mostly one size, now and then another, and sometimes the reference prover.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { buildServer } from '../../scripts/app-steps.ts';
import { type AttemptRecord, AttemptRecordSchema } from '../../src/core/metrics/attempt-record.ts';
import { builtCircuits, projectFolder, startServer } from '../helpers/app.ts';
import { SeededRandom } from '../helpers/random.ts';

const RECORDED_RUNS = join(projectFolder, 'dist/recorded-runs.json');

/** Null where none have been recorded here. */
export function recordedRuns(): AttemptRecord[] | null {
  if (!existsSync(RECORDED_RUNS)) return null;
  return v.parse(v.array(AttemptRecordSchema), JSON.parse(readFileSync(RECORDED_RUNS, 'utf8')));
}

/** Attestations, and how often they are drawn. */
const SIZES: readonly [attestations: number, weight: number][] = [
  [16, 5],
  [64, 3],
  [256, 2],
];
const STAY = 0.6;
const SNARKJS = 0.1;

function attestations(count: number, random: SeededRandom) {
  return Array.from({ length: count }, (_, nth) => {
    const belief = 0.2 + 0.6 * random.fraction();
    const uncertainty = 0.2;
    return {
      source: `0x${(nth + 1).toString(16)}`,
      target: '0xbb',
      opinion: { belief, disbelief: 1 - uncertainty - belief, uncertainty, base_rate: 0.5 },
      attestation_type: 'trust',
      weight: 1,
      created_at: 1_700_000_000_000 + nth,
    };
  });
}

/** Kept as it goes, so that a run that is cut short is not lost. */
export async function recordRuns(proofs: number, seed: number): Promise<void> {
  await buildServer();
  const random = new SeededRandom(seed);
  const server = await startServer({ circuits: builtCircuits });
  try {
    const total = SIZES.reduce((sum, [, weight]) => sum + weight, 0);
    const draw = () => {
      let left = total * random.fraction();
      for (const [size, weight] of SIZES) {
        left -= weight;
        if (left < 0) return size;
      }
      return SIZES[0]![0];
    };
    let size = draw();
    for (let nth = 0; nth < proofs; nth++) {
      if (!random.chance(STAY)) size = draw();
      const count = Math.max(1, Math.floor(size * (0.3 + 0.7 * random.fraction())));
      const circuitType = size < 256 && random.chance(SNARKJS) ? 'default' : `reputation-${size}`;
      const response = await fetch(`${server.origin}/api/proof/generate`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ attestations: attestations(count, random), circuitType, proofType: 'exact' }),
      });
      const { success } = (await response.json()) as { success: boolean };
      if (!success) throw new Error(`Proof ${nth + 1} was not made: ${response.status}.`);
      if (nth % 10 !== 9 && nth + 1 < proofs) continue;
      process.stdout.write(`${nth + 1} of ${proofs}\n`);
      const exported = await fetch(`${server.origin}/api/metrics/export`);
      keep(((await exported.json()) as { records: AttemptRecord[] }).records);
    }
  } finally {
    await server.stop();
  }
}

function keep(records: readonly AttemptRecord[]): void {
  mkdirSync(dirname(RECORDED_RUNS), { recursive: true });
  const lines = records.map((record) => JSON.stringify(record)).join(',\n');
  writeFileSync(RECORDED_RUNS, `[\n${lines}\n]\n`);
}
