// Reads the circuits' manifest anew each time, since larger circuits are added while the server runs.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { GnomonError } from '../src/core/errors.ts';
import { type Manifest, ManifestSchema } from '../src/core/manifest.ts';

/** An absent manifest is an empty one; a broken one throws `circuit.manifest`. */
export async function readManifest(circuitsFolder: string): Promise<Manifest> {
  const path = join(circuitsFolder, 'manifest.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { version: 1, circuits: [] };
    throw error;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw brokenManifest(path, 'it is not JSON', cause);
  }
  const parsed = v.safeParse(ManifestSchema, content);
  if (!parsed.success) throw brokenManifest(path, parsed.issues[0].message, undefined);
  return parsed.output;
}

function brokenManifest(where: string, why: string, cause: unknown): GnomonError {
  return new GnomonError('circuit.manifest', `The list of circuits cannot be read: ${why}.`, {
    where,
    nextStep: 'Run npm run circuits to make it anew.',
    cause,
  });
}
