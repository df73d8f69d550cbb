// The steps that make the app and the server's bundles from sources.
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { build as viteBuild } from 'vite';
import { buildKernels } from './kernels.ts';
import { projectFolder, runStep } from './steps.ts';

const SHARED_INPUTS = [
  'package.json',
  'package-lock.json',
  'src/core',
  'src/prover',
  'src/reputation',
  'scripts/app-steps.ts',
];

/** The PWA, into dist/app. */
export async function buildApp(): Promise<'ran' | 'up to date'> {
  await buildKernels();
  return runStep({
    name: 'app',
    inputs: [...SHARED_INPUTS, 'src', 'public', 'index.html', 'vite.config.ts'],
    outputs: ['dist/app/index.html', 'dist/app/sw.js'],
    run: async () => {
      const { NODE_ENV } = process.env;
      await viteBuild({ root: projectFolder, logLevel: 'error' });
      // Vite leaves it at `production`, which the server that is started next would take for its operator's word.
      if (NODE_ENV === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = NODE_ENV;
    },
  });
}

/** The server and the commands, into dist/server and dist/cli; packages stay outside the bundles. */
export async function buildServer(): Promise<'ran' | 'up to date'> {
  await buildKernels();
  return runStep({
    name: 'server',
    inputs: [...SHARED_INPUTS, 'src/remote', 'worker-server'],
    outputs: [
      'dist/server/main.js',
      'dist/server/prove-child.js',
      'dist/server/verify-child.js',
      'dist/cli/prove.js',
      'dist/cli/verify.js',
      'dist/cli/profile.js',
    ],
    run: async () => {
      const bundle = await rolldown({
        input: {
          'server/main': join(projectFolder, 'worker-server/main.ts'),
          'server/prove-child': join(projectFolder, 'worker-server/proving/prove-child.ts'),
          'server/verify-child': join(projectFolder, 'worker-server/proving/verify-child.ts'),
          'cli/prove': join(projectFolder, 'worker-server/cli/prove.ts'),
          'cli/verify': join(projectFolder, 'worker-server/cli/verify.ts'),
          'cli/profile': join(projectFolder, 'worker-server/cli/profile.ts'),
        },
        platform: 'node',
        // The server seals from the start, the browser when first asked: one module, loaded in two ways.
        checks: { ineffectiveDynamicImport: false },
        external: (id) => builtinModules.includes(id) || id.startsWith('node:') || /^[a-z@]/i.test(id),
      });
      await bundle.write({
        dir: join(projectFolder, 'dist'),
        format: 'esm',
        entryFileNames: '[name].js',
        chunkFileNames: 'shared/[name]-[hash].js',
        sourcemap: true,
      });
      await bundle.close();
    },
  });
}
