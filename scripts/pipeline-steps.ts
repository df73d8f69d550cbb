// The step that makes the pipeline library: the page's part as one ES module, with its worker and its styles as text
// inside, and the worker once more as a file for pages that allow no blobs.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { type Plugin, build as viteBuild } from 'vite';
import solid from 'vite-plugin-solid';
import { inAscii } from './ascii.ts';
import { typesOf } from './lib-types.ts';
import { projectFolder, runStep } from './steps.ts';

const FOLDER = 'dist/lib';
/** What the component wears, of the app's own styles. */
const STYLES = ['tokens', 'base', 'controls', 'surfaces', 'data', 'pipeline'];
/** As the page's build sees it: replaced by whatever bundles the library, undefined where nothing does. */
const HOST_WS_URL = 'import.meta.env?.VITE_WS_URL';

/** dist/lib/pipeline.js; needs the kernels. */
export function buildPipeline(): Promise<'ran' | 'up to date'> {
  return runStep({
    name: 'pipeline',
    inputs: [
      'package.json',
      'package-lock.json',
      'src',
      'scripts/pipeline-steps.ts',
      'scripts/ascii.ts',
      'scripts/lib-types.ts',
    ],
    outputs: ['pipeline.js', 'pipeline-worker.js', 'pipeline.d.ts'].map((name) => `${FOLDER}/${name}`),
    run: async () => {
      const worker = await bundleWorker();
      const modules = { 'virtual:gnomon-worker': worker, 'virtual:gnomon-styles': await styles() };
      await viteBuild({
        root: projectFolder,
        configFile: false,
        logLevel: 'error',
        publicDir: false,
        // Listeners on the elements themselves: a page may stop events before they reach its document, and may have none.
        plugins: [solid({ solid: { delegateEvents: false } }), textModules(modules), hostEnvironment()],
        build: {
          outDir: FOLDER,
          emptyOutDir: false,
          target: 'es2022',
          minify: true,
          lib: { entry: 'src/embed/pipeline.ts', formats: ['es'], fileName: () => 'pipeline.js' },
          rolldownOptions: {
            output: { codeSplitting: false, minify: true },
            checks: { pluginTimings: false },
          },
          chunkSizeWarningLimit: 3_000,
        },
      });
      const page = join(projectFolder, FOLDER, 'pipeline.js');
      await writeFile(page, inAscii(await readFile(page, 'utf8')));
      await writeFile(join(projectFolder, FOLDER, 'pipeline-worker.js'), worker);
      const declared = await typesOf([
        'src/client/types.ts',
        'src/embed/element-types.ts',
        'src/embed/pipeline.ts',
      ]);
      await writeFile(join(projectFolder, FOLDER, 'pipeline.d.ts'), declared);
    },
  });
}

/** A classic script: it runs from a blob in every browser. */
async function bundleWorker(): Promise<string> {
  const bundle = await rolldown({
    input: join(projectFolder, 'src/workers/library.ts'),
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'], conditionNames: ['browser', 'import', 'default'] },
  });
  const { output } = await bundle.generate({ format: 'iife', codeSplitting: false, minify: true });
  await bundle.close();
  if (output.length !== 1 || output[0].imports.length > 0) throw new Error('The worker is not one file.');
  return inAscii(output[0].code);
}

/** The app's styles for a shadow root: its root is the element, and each token can be set from outside. */
async function styles(): Promise<string> {
  const parts = await Promise.all(
    STYLES.map((name) => readFile(join(projectFolder, 'src/ui/styles', `${name}.css`), 'utf8')),
  );
  const [tokens = '', ...rest] = parts.map((css) =>
    css
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/:root:not\(\[data-theme="light"\]\)/g, ':host(:not([theme="light"]))')
      .replace(/:root\[data-theme="dark"\]/g, ':host([theme="dark"])')
      .replace(/:root\b/g, ':host')
      .replace(/^(?:html|body) \{/gm, ':host {')
      .replace(/\n\s*/g, '\n')
      .trim(),
  );
  const themed = tokens.replace(/^--([\w-]+): ([^;]+);$/gm, '--$1: var(--gnomon-$1, $2);');
  const own =
    ':host { display: block; min-height: 0; background: transparent; } :host([hidden]) { display: none; }';
  return [themed, ...rest, own].join('\n');
}

function textModules(modules: Record<string, string>): Plugin {
  return {
    name: 'text-modules',
    resolveId: (id) => (Object.hasOwn(modules, id) ? `\0${id}` : undefined),
    load(id) {
      const text = modules[id.slice(1)];
      return id.startsWith('\0virtual:gnomon-') && text !== undefined
        ? `export default ${JSON.stringify(text)};`
        : undefined;
    },
  };
}

/** After this build's own replacing is done, so that the next one finds it. */
function hostEnvironment(): Plugin {
  return {
    name: 'host-environment',
    enforce: 'post',
    renderChunk: (code) => ({ code: code.replaceAll('__HOST_WS_URL__', HOST_WS_URL), map: null }),
  };
}
