// The circuits that `npm run bench -- prove` measures, each with a witness: real ones, whose wires are mostly bits
// and small numbers, and chains of products, whose wires are all as large as can be.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as snarkjs from 'snarkjs';
import { makeDevelopmentKey } from '../../circuits/dev-key.ts';
import { FIELD_ORDER_R as R } from '../../src/core/groth16.ts';
import { base } from '../circuits/attacks.ts';
import { builtCircuits } from '../helpers/app.ts';
import { inputOf, signals } from '../helpers/circuits-claims.ts';
import { type Constraint, r1csFile } from '../helpers/circuits-fixture.ts';
import { WitnessCalculator, wtnsFile } from '../helpers/circuits-witness.ts';
import { testData } from '../helpers/data.ts';

export interface Subject {
  circuit: string;
  zkey: Uint8Array;
  wtns: Uint8Array;
  vkey: unknown;
}

const SUBJECTS: Record<string, () => Promise<Subject | null>> = {
  'semaphore-32': semaphore,
  'reputation-256': () => reputation(256),
  'reputation-1024': () => reputation(1024),
  'chain-2^14': () => chain(14),
  'chain-2^16': () => chain(16),
};
export const SUBJECT_NAMES = Object.keys(SUBJECTS);

/** Null when its files are not there. */
export function subject(name: string): Promise<Subject | null> {
  return SUBJECTS[name]!();
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

async function semaphore(): Promise<Subject | null> {
  const zkey = testData('semaphore-32.zkey');
  if (zkey === undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-bench-'));
  const file = join(folder, 'witness.wtns');
  const { wtns } = snarkjs as unknown as {
    wtns: { calculate(input: unknown, wasm: string, file: string): Promise<void> };
  };
  await wtns.calculate(json(testData('semaphore-32.input.json')!), testData('semaphore-32.wasm')!, file);
  const witness = readFileSync(file);
  rmSync(folder, { recursive: true });
  const vkey = json(testData('semaphore-32.vkey.json')!);
  return { circuit: 'semaphore-32', zkey: readFileSync(zkey), wtns: witness, vkey };
}

/** With as many records as fit, no two alike. */
async function reputation(size: number): Promise<Subject | null> {
  const path = (suffix: string) => join(builtCircuits, `reputation-${size}.${suffix}`);
  if (!existsSync(path('zkey'))) return null;
  const records = Array.from({ length: size }, (_, i) => ({
    weight: BigInt((i * 40_503) % 65_536),
    positive: BigInt((i * 7_919) % 10_000),
    negative: BigInt((i * 104_729) % 1_000),
    expiresAt: base.asOf + BigInt((i * 86_400) % 31_536_000),
  }));
  const calculator = await WitnessCalculator.honest(path('wasm'));
  const witness = await calculator.witness(signals(inputOf({ ...base, size, records })));
  return {
    circuit: `reputation-${size}`,
    zkey: readFileSync(path('zkey')),
    wtns: wtnsFile(witness),
    vkey: json(path('vkey.json')),
  };
}

/** xᵢ₊₁ = xᵢ·(xᵢ + i), as many rows as the domain holds; the last is public. */
async function chain(log: number): Promise<Subject> {
  const rows = 2 ** log - 2;
  const first = 2;
  const values = [0x9e3779b97f4a7c15n ** 4n % R];
  const constraints: Constraint[] = [];
  for (let i = 0; i < rows; i++) {
    const wire = first + i;
    const x = values[i]!;
    values.push((x * (x + BigInt(i + 1))) % R);
    const next = i === rows - 1 ? 1 : wire + 1;
    constraints.push([{ [wire]: 1n }, { [wire]: 1n, 0: BigInt(i + 1) }, { [next]: 1n }]);
  }
  const last = values.pop()!;
  const { zkey, vkey } = await makeDevelopmentKey(r1csFile(first + rows, 1, constraints));
  return { circuit: `chain-2^${log}`, zkey, vkey, wtns: wtnsFile([1n, last, ...values]) };
}
