// Bundles one TypeScript entry for a page, in memory.
import { build } from 'vite';

/** An ES module as text; everything the entry imports is inside. */
export async function bundleForPage(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'page' } },
  });
  const outputs = Array.isArray(built) ? built : [built];
  for (const one of outputs) {
    if (!('output' in one)) continue;
    const chunk = one.output.find((part) => part.type === 'chunk' && part.isEntry);
    if (chunk?.type === 'chunk') return chunk.code;
  }
  throw new Error(`Bundling ${entry} gave nothing.`);
}
