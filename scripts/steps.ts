// Build steps that are skipped when nothing they read has changed.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = join(dirname(fileURLToPath(import.meta.url)), '..');

export interface Step {
  name: string;
  /** Files and folders, relative to the project, whose content decides whether the step must run. */
  inputs: string[];
  /** Files that the step makes; when one is missing the step runs. */
  outputs: string[];
  run: () => Promise<void>;
}

/** Runs the step unless its outputs exist and the digest of its inputs is the one kept from last time. */
export async function runStep(step: Step): Promise<'ran' | 'up to date'> {
  const recordPath = join(projectFolder, 'dist', '.steps', `${step.name}.sha256`);
  const digest = await digestOf(step.inputs);
  const previous = await readFile(recordPath, 'utf8').catch(() => '');
  if (previous === digest && step.outputs.every((path) => existsSync(join(projectFolder, path)))) {
    return 'up to date';
  }
  await step.run();
  await mkdir(dirname(recordPath), { recursive: true });
  await writeFile(recordPath, digest);
  return 'ran';
}

async function digestOf(inputs: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of await filesBelow(join(projectFolder, input))) {
      const content = await readFile(file);
      hash.update(`${relative(projectFolder, file)}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

async function filesBelow(path: string): Promise<string[]> {
  const facts = await stat(path).catch(() => null);
  if (facts === null) return [];
  if (facts.isFile()) return [path];
  const names = (await readdir(path)).sort();
  const lists = await Promise.all(names.map((name) => filesBelow(join(path, name))));
  return lists.flat();
}
