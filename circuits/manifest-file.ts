// manifest.json of a build folder: read, validated, changed one circuit at a time. Call under the folder's lock.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type CircuitEntry, type Manifest, ManifestSchema } from '../src/core/manifest.ts';
import { writeAtomically } from './files.ts';

const NAME = 'manifest.json';

/** An absent or unreadable manifest is an empty one: the build makes it anew. */
export async function readManifest(outFolder: string): Promise<Manifest> {
  try {
    return v.parse(ManifestSchema, JSON.parse(await readFile(join(outFolder, NAME), 'utf8')));
  } catch {
    return { version: 1, circuits: [] };
  }
}

async function write(outFolder: string, circuits: CircuitEntry[]): Promise<void> {
  const manifest = v.parse(ManifestSchema, { version: 1, circuits });
  await writeAtomically(join(outFolder, NAME), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Smallest first, so that a server offers the quickest circuit first. */
export async function replaceEntry(outFolder: string, entry: CircuitEntry): Promise<void> {
  const others = (await readManifest(outFolder)).circuits.filter(({ id }) => id !== entry.id);
  await write(
    outFolder,
    [...others, entry].sort((a, b) => a.constraints - b.constraints || (a.id < b.id ? -1 : 1)),
  );
}

export async function removeEntry(outFolder: string, id: string): Promise<void> {
  const { circuits } = await readManifest(outFolder);
  if (circuits.some((circuit) => circuit.id === id)) {
    await write(
      outFolder,
      circuits.filter((circuit) => circuit.id !== id),
    );
  }
}
