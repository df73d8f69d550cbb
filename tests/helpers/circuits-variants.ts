// Compiles variants of the circuits for tests: with a check taken out (a planted bug), or with dishonest
// hints (the same constraints, another witness calculator).
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { buildCircuits, buildFolder } from '../../circuits/build.ts';
import { type CompiledFiles, compileCircuit, projectRoot } from '../../circuits/compile.ts';
import type { CircuitSize } from '../../circuits/signals.ts';

/** Text of reputation.circom to replace; it must occur exactly once. */
export type Patch = readonly [from: string, to: string];

const scratch: string[] = [];
afterAll(() => {
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when the tests end. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-circuits-'));
  scratch.push(folder);
  return folder;
}

/** The built files of a size, building them when they are missing or stale. */
export async function builtCircuit(
  size: CircuitSize,
): Promise<CompiledFiles & { zkey: string; vkey: string }> {
  await buildCircuits({ sizes: [size] });
  const file = (kind: string) => join(buildFolder(), `reputation-${size}.${kind}`);
  return {
    r1cs: file('r1cs'),
    wasm: file('wasm'),
    sym: file('sym'),
    zkey: file('zkey'),
    vkey: file('vkey.json'),
  };
}

/** Compiles a size of the reputation circuit without making its key. */
export async function compileSize(size: CircuitSize, patches: readonly Patch[] = []): Promise<CompiledFiles> {
  const folder = scratchFolder();
  const sources = join(projectRoot(), 'circuits');
  let text = readFileSync(join(sources, 'reputation.circom'), 'utf8');
  for (const [from, to] of patches) {
    if (text.split(from).length !== 2) throw new Error(`not exactly once in reputation.circom: ${from}`);
    text = text.replace(from, () => to);
  }
  // circom looks beside the main file first, so this copy wins over circuits/reputation.circom.
  writeFileSync(join(folder, 'reputation.circom'), text);
  const main = `reputation-${size}.circom`;
  copyFileSync(join(sources, main), join(folder, main));
  const out = join(folder, 'out');
  mkdirSync(out);
  return compileCircuit({ mainFile: join(folder, main), outFolder: out });
}
