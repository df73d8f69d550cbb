// Builds the proving engine's kernels (WebAssembly written in TypeScript) and its thread entries into
// src/prover/engine/generated, as modules that any bundler takes along.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { emitKernels, emitProbe, type Kernels } from '../src/prover/engine/kernels/module.ts';
import { fmaTier } from '../src/prover/engine/kernels/tier-fma.ts';
import { scalarTier } from '../src/prover/engine/kernels/tier-scalar.ts';
import { simd128Tier } from '../src/prover/engine/kernels/tier-simd128.ts';
import { wideTier } from '../src/prover/engine/kernels/tier-wide.ts';
import { projectFolder, runStep } from './steps.ts';

const ENGINE = 'src/prover/engine';
const GENERATED = `${ENGINE}/generated`;
const TIERS = [fmaTier, wideTier, simd128Tier, scalarTier];
const ENTRIES = { nodeThread: 'thread-node.ts', webThread: 'thread-web.ts' };

/** Kernels and thread entries; skipped when nothing they are made from has changed. */
export function buildKernels(): Promise<'ran' | 'up to date'> {
  return runStep({
    name: 'kernels',
    inputs: [
      'scripts/kernels.ts',
      `${ENGINE}/kernels`,
      `${ENGINE}/reference`,
      ...[
        'constants',
        'errors',
        'import',
        'instance',
        'key-file',
        'layout',
        'mask',
        'memory',
        'messages',
        'reduce',
        'sections',
        'thread',
        'value-table',
        'wasm',
      ].map((name) => `${ENGINE}/${name}.ts`),
      ...['thread-node', 'thread-web', 'zkey', 'wtns'].map((name) => `${ENGINE}/${name}.ts`),
    ],
    outputs: [
      ...TIERS.map(({ name }) => `${GENERATED}/kernel-${name}.ts`),
      `${GENERATED}/probes.ts`,
      `${GENERATED}/threads.ts`,
    ],
    run: async () => {
      const folder = join(projectFolder, GENERATED);
      await mkdir(folder, { recursive: true });
      for (const tier of TIERS) {
        const value = JSON.stringify(generated(emitKernels(tier)));
        await writeFile(join(folder, `kernel-${tier.name}.ts`), `export const kernel = ${value};\n`);
      }
      const probes = TIERS.map((tier) => ({ name: tier.name, kernel: generated(emitProbe(tier)) }));
      await writeFile(join(folder, 'probes.ts'), `export const probes = ${JSON.stringify(probes)};\n`);
      const sources = await Promise.all(
        Object.entries(ENTRIES).map(async ([name, file]) => {
          const source = await bundle(join(projectFolder, ENGINE, file));
          return `export const ${name} = ${JSON.stringify(source)};\n`;
        }),
      );
      await writeFile(join(folder, 'threads.ts'), sources.join(''));
    },
  });
}

function generated({ bytes, memoryFlagOffset }: Kernels) {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { base64: Buffer.from(bytes).toString('base64'), memoryFlagOffset, digest };
}

async function bundle(entry: string): Promise<string> {
  const build = await rolldown({ input: entry, platform: 'neutral' });
  const { output } = await build.generate({ format: 'iife', minify: true });
  await build.close();
  return output[0].code;
}
