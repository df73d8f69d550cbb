// The words around a report's figures, for pages, saved reports and the command line.
import type { Advice, Figure } from './recommend.ts';
import type { MachineFacts } from './samples.ts';
import { bytesText, timeText } from './words.ts';

export const ADVICE_ABOUT: Record<Advice['withheld'][number]['kind'], string> = {
  threads: 'threads',
  size: 'sizes for here',
  server: 'servers',
  memory: 'memory',
  prover: 'provers',
};

export function figureText({ value, unit }: Figure): string {
  if (unit === 'bytes') return bytesText(value);
  return unit === 'ms' ? timeText(value) : `${value.toFixed(2)} times`;
}

export function machineFacts(machine: MachineFacts): [string, string][] {
  const { name, runtime, cores, memoryBytes, sharedMemory, memoryIs, cpuTold } = machine;
  return [
    ['Measured by', `${machine.kind}${name === null ? '' : `, ${name}`}`],
    ['Runtime', runtime],
    ['Cores', String(cores)],
    ['Memory', memoryBytes === null ? 'not told' : bytesText(memoryBytes)],
    ['Threads share memory', sharedMemory === null ? 'not told' : sharedMemory ? 'yes' : 'no'],
    ['Memory of a proof', memoryIs === null ? 'not told by this platform' : MEMORY_IS[memoryIs]],
    ['Processor time', cpuTold ? 'of the process that proves' : 'not told by this platform'],
  ];
}

/** What a report's bytes are. A page can be asked only after a proof, when some of it has been given back. */
export const MEMORY_IS = {
  page: 'what the page and its workers held after proving',
  process: 'the most that the proving process held',
};
