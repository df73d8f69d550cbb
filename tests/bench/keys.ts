// `npm run bench -- keys`: how long development keys take, one thread, files read already.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import v8 from 'node:v8';
import { makeDevelopmentKey } from '../../circuits/dev-key.ts';
import { CIRCUIT_SIZES } from '../../circuits/signals.ts';
import { buildKernels } from '../../scripts/kernels.ts';
import { builtCircuits } from '../helpers/app.ts';

export interface KeyRow {
  circuit: string;
  constraints: number;
  domain: number;
  wallMs: number;
  processorMs: number;
}

/** Of every circuit that is built: the median of `rounds`. */
export async function benchKeys(say: (line: string) => void, rounds: number): Promise<KeyRow[]> {
  await buildKernels();
  // As the key maker's own process does: Node 20 has relaxed SIMD behind this flag.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const rows: KeyRow[] = [];
  for (const size of CIRCUIT_SIZES) {
    const circuit = `reputation-${size}`;
    const path = join(builtCircuits, `${circuit}.r1cs`);
    if (!existsSync(path)) continue;
    say(`the key of ${circuit}, ${rounds} times`);
    const r1cs = readFileSync(path);
    const runs: KeyRow[] = [];
    for (let round = 0; round < rounds; round++) {
      const [begun, before] = [performance.now(), process.cpuUsage()];
      const { constraints, domain } = await makeDevelopmentKey(r1cs);
      const { user, system } = process.cpuUsage(before);
      const wallMs = performance.now() - begun;
      runs.push({ circuit, constraints, domain, wallMs, processorMs: (user + system) / 1000 });
    }
    rows.push(runs.sort((a, b) => a.wallMs - b.wallMs)[rounds >> 1]!);
  }
  return rows;
}
