// The steps that make the libraries: one ES module each, their types, and a package around them.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { inAscii } from './ascii.ts';
import { buildKernels } from './kernels.ts';
import { typesOf } from './lib-types.ts';
import { buildPipeline } from './pipeline-steps.ts';
import { projectFolder, runStep } from './steps.ts';

const FOLDER = 'dist/lib';
const EMBED = 'src/embed';

/** dist/lib/gnomon.js and dist/lib/pipeline.js, everything inside: kernels, thread entries, packages. */
export async function buildLibrary(): Promise<'ran' | 'up to date'> {
  await buildKernels();
  const pipeline = await buildPipeline();
  const groth16 = await buildGroth16();
  return pipeline === 'ran' ? pipeline : groth16;
}

function buildGroth16(): Promise<'ran' | 'up to date'> {
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
      'scripts/ascii.ts',
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
      const { output } = await bundle.generate({ format: 'es', codeSplitting: false, minify: true });
      await bundle.close();
      if (output.length !== 1 || output[0].imports.length > 0)
        throw new Error('The library is not one file.');
      await writeFile(join(projectFolder, FOLDER, 'gnomon.js'), inAscii(output[0].code));
      const declared = await typesOf([`${EMBED}/types.ts`, `${EMBED}/gnomon.ts`]);
      await writeFile(join(projectFolder, FOLDER, 'gnomon.d.ts'), declared);
      await copyFile(join(projectFolder, 'LICENSE'), join(projectFolder, FOLDER, 'LICENSE'));
      const text = await readFile(join(projectFolder, 'package.json'), 'utf8');
      const { name, version, license } = JSON.parse(text) as Record<string, string>;
      const manifest = {
        name,
        version,
        license,
        description:
          'Groth16 proofs over BN254 in WebAssembly: the signatures of snarkjs, and a pipeline for pages.',
        type: 'module',
        engines: { node: '>=20.19.0' },
        exports: {
          '.': { types: './gnomon.d.ts', default: './gnomon.js' },
          './pipeline': { types: './pipeline.d.ts', default: './pipeline.js' },
          './pipeline-worker.js': './pipeline-worker.js',
        },
        types: './gnomon.d.ts',
        // Importing the pipeline makes its element known.
        sideEffects: ['./pipeline.js'],
      };
      await writeFile(join(projectFolder, FOLDER, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    },
  });
}
