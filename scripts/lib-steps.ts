// The step that makes the library: one ES module for Node and pages, its types, and a package around them.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { isolatedDeclaration } from 'rolldown/experimental';
import { buildKernels } from './kernels.ts';
import { projectFolder, runStep } from './steps.ts';

const FOLDER = 'dist/lib';
const EMBED = 'src/embed';

/** dist/lib/gnomon.js, everything inside: kernels, thread entries, packages. */
export async function buildLibrary(): Promise<'ran' | 'up to date'> {
  await buildKernels();
  return runStep({
    name: 'library',
    inputs: [
      'package.json',
      'package-lock.json',
      'LICENSE',
      'src/core',
      'src/prover',
      EMBED,
      'scripts/lib-steps.ts',
    ],
    outputs: ['gnomon.js', 'gnomon.d.ts', 'package.json', 'LICENSE'].map((name) => `${FOLDER}/${name}`),
    run: async () => {
      await mkdir(join(projectFolder, FOLDER), { recursive: true });
      const bundle = await rolldown({
        input: join(projectFolder, EMBED, 'gnomon.ts'),
        // Neither Node's nor a browser's variant of anything: it runs in both.
        platform: 'neutral',
        resolve: { mainFields: ['module', 'main'], conditionNames: ['import', 'default'] },
      });
      const { output } = await bundle.write({
        file: join(projectFolder, FOLDER, 'gnomon.js'),
        format: 'es',
        codeSplitting: false,
        minify: true,
      });
      await bundle.close();
      if (output.length !== 1 || output[0].imports.length > 0)
        throw new Error('The library is not one file.');
      await writeFile(join(projectFolder, FOLDER, 'gnomon.d.ts'), await types());
      await copyFile(join(projectFolder, 'LICENSE'), join(projectFolder, FOLDER, 'LICENSE'));
      const text = await readFile(join(projectFolder, 'package.json'), 'utf8');
      const { name, version, license } = JSON.parse(text) as Record<string, string>;
      const manifest = {
        name,
        version,
        license,
        description: 'Groth16 proofs over BN254 in WebAssembly, with the signatures of snarkjs.',
        type: 'module',
        engines: { node: '>=20.19.0' },
        exports: { '.': { types: './gnomon.d.ts', default: './gnomon.js' } },
        types: './gnomon.d.ts',
        sideEffects: false,
      };
      await writeFile(join(projectFolder, FOLDER, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    },
  });
}

/** The types' own file and the entry's declarations as one, so that nothing else has to be shipped. */
async function types(): Promise<string> {
  const parts = await Promise.all(
    ['types.ts', 'gnomon.ts'].map(async (name) => {
      const path = join(projectFolder, EMBED, name);
      const { code, errors } = await isolatedDeclaration(path, await readFile(path, 'utf8'));
      if (errors.length > 0) throw new Error(`The types of ${name} cannot be written: ${errors[0]?.message}`);
      return code.replace(/^import .*$/gm, '').trim();
    }),
  );
  return `${parts.join('\n')}\n`;
}
