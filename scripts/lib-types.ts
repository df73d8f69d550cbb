// A library's published types: some sources' declarations as one file, so that nothing else has to be shipped.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isolatedDeclaration } from 'rolldown/experimental';
import { projectFolder } from './steps.ts';

/** `sources` may import each other's names only, relative to the project. */
export async function typesOf(sources: string[]): Promise<string> {
  const parts = await Promise.all(
    sources.map(async (source) => {
      const path = join(projectFolder, source);
      const { code, errors } = await isolatedDeclaration(path, await readFile(path, 'utf8'));
      if (errors.length > 0)
        throw new Error(`The types of ${source} cannot be written: ${errors[0]?.message}`);
      // All is in one file: nothing to import, nothing to pass on.
      return code.replace(/^import [^;]*;$|^export \{[^}]*\};$/gm, '').trim();
    }),
  );
  return `${parts.join('\n')}\n`;
}
