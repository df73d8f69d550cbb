// docs/benchmarks.json keeps the last run of each part, and docs/benchmarks.md shows them.

import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../scripts/steps.ts';
import { aimTable, type Part, tableOf, titleOf } from './tables.ts';

const NOTES_BEGIN = '<!-- Notes, written by hand and kept: -->';
const NOTES_END = '<!-- End of the notes. -->';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  chromium: string;
  snarkjs: string;
}

/** `machine`: where it was measured, when that was not the page's. */
export type KeptPart = Part & { machine?: Machine };

export interface Kept {
  machine: Machine;
  parts: KeptPart[];
}

export function machineFacts(chromium: string): Machine {
  const snarkjs = readFileSync(join(projectFolder, 'node_modules/snarkjs/package.json'), 'utf8');
  return {
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    chromium,
    snarkjs: (JSON.parse(snarkjs) as { version: string }).version,
  };
}

/** `parts` take the place of earlier ones of the same title; those of another machine stay, and say so: what is
 * compared was measured in one run, wherever that was. */
export function merged(before: Kept | null, machine: Machine, parts: Part[]): Kept {
  const titles = new Set(parts.map(titleOf));
  const isHere = (one: Machine) => JSON.stringify(one) === JSON.stringify(machine);
  const earlier = (before?.parts ?? [])
    .filter((part) => !titles.has(titleOf(part)))
    .map(({ machine: own = before!.machine, ...part }) => (isHere(own) ? part : { ...part, machine: own }));
  const all: KeptPart[] = [...(earlier as KeptPart[]), ...parts];
  return { machine, parts: all.sort((a, b) => orderOf(a).localeCompare(orderOf(b))) };
}

/** By size of the circuit, real ones first, then place; whatever is not a proof last. */
function orderOf(part: Part): string {
  if (part.bench === 'offload') return `z offload ${part.circuit.padStart(20, ' ')}`;
  if (part.bench !== 'prove' && part.bench !== 'page') return `z ${part.bench}`;
  const place = part.bench === 'page' ? 'page' : part.place;
  return `${part.circuit.startsWith('chain') ? 'b' : 'a'} ${String(part.domain).padStart(10, '0')} ${place}`;
}

function machineWords({ cpu, cores, memoryGiB, node, chromium, snarkjs }: Machine): string {
  return `${cpu}, ${cores} logical cores, ${memoryGiB} GiB; Node ${node}, Chromium ${chromium}, snarkjs ${snarkjs}`;
}

/** `notes` are a person's, kept from one run to the next. */
export function page({ machine, parts }: Kept, notes = ''): string {
  const sections = parts.map((part) => {
    const facts = [
      ...(part.machine === undefined ? [] : [`On another machine (${machineWords(part.machine)})`]),
      `Measured ${part.at.slice(0, 16).replace('T', ' ')} UTC`,
      `load before ${part.loadBefore.toFixed(2)}`,
    ];
    facts.push(
      part.bench === 'queue'
        ? `medians of ${part.rounds} jobs added, claimed and committed one by one, that many others waiting`
        : part.bench === 'dispatch'
          ? 'client and server in one process; each figure of one run of all its jobs'
          : part.bench === 'offload'
            ? `${part.rounds} rounds of one proof each way in turns; ratios and differences are medians over rounds`
            : part.bench === 'page'
              ? `${part.rounds} proofs in a row in each page, each verified`
              : `${part.rounds} rounds`,
    );
    if (part.bench === 'prove') {
      const { zeros, ones, small, full } = part.weight;
      const percent = (share: number) => `${Math.round(100 * share)} %`;
      facts.push(
        `2^${Math.log2(part.domain)} rows, witness ${percent(zeros)} zeros, ${percent(ones)} ones, ${percent(small)} other small values, ${percent(full)} large`,
      );
      facts.push(`${part.verified} proofs, each verified`);
    }
    return `### ${titleOf(part)}\n\n${facts.join('; ')}.\n\n${tableOf(part)}\n`;
  });
  return `# Benchmarks

Written by \`npm run bench -- --keep\`; \`docs/benchmarks.json\` has the same and every sample. Run it on a quiet
machine to see for yourself; \`--help\` tells how to run parts of it.

${machineWords(machine)}, unless a result says otherwise.

## How it is measured

The engine and snarkjs prove from the same zkey and witness bytes in memory, in turns within one run, so that both
meet the same load. Each prover has a browser or a process of its own: no heap, cache or peak is shared. Times are
medians; the first proof in a fresh page or process is told apart (it holds compiling, starting threads and, for the
engine, converting the key). Peak memory is the high-water mark of the whole renderer or process after all its proofs,
the files' own bytes included; a page holds the code of its own prover only, and no tool listens to its network, for
which the browser would keep all that a page fetches once more in the page's process. A page that proves from addresses
is measured as its user meets it: the library as it is built, or snarkjs' own bundle, and nothing else. An empty page's
renderer takes some 110 MiB, most of it the browser's program, mapped. Processor time is that of all threads; on a busy machine it is the steadier
comparison. "Predicted" multiplies counts of additions, butterflies and terms by the time that a product took in a
prototype on another machine (a two-core Xeon at 3.5 GHz), divided by the threads. A chain of products
is the worst case for the engine: no wire is 0, 1 or small. Stages are the sums of the threads' times.

## Aims

Times of snarkjs divided by the engine's, unless told otherwise.

${aimTable(parts)}

${NOTES_BEGIN}
${notes.trim()}
${NOTES_END}

## Results

${sections.join('\n')}`;
}

/** Merges the parts into the kept results and writes both files. */
export async function keep(machine: Machine, parts: Part[]): Promise<void> {
  const path = join(projectFolder, 'docs/benchmarks.json');
  const before = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as Kept,
    () => null,
  );
  const kept = merged(before, machine, parts);
  await writeFile(path, `${JSON.stringify(kept, null, 1)}\n`);
  const pagePath = join(projectFolder, 'docs/benchmarks.md');
  const text = await readFile(pagePath, 'utf8').catch(() => '');
  const notes = text.split(NOTES_BEGIN)[1]?.split(NOTES_END)[0];
  await writeFile(pagePath, page(kept, notes));
}
