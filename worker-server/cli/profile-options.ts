// The arguments of `npm run profile`, as a request of the profiler.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { type ProfileRequestInput, ProfileRequestSchema } from '../../src/core/profiler/request.ts';
import { UsageError, usageFrom } from './files.ts';

export interface Options {
  request: ProfileRequestInput;
  html: string | null;
  json: string | null;
  csv: string | null;
  circuitsFolder: string;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const FLAGS = {
  circuit: text,
  sizes: text,
  threads: text,
  provers: text,
  iterations: text,
  'warm-up': text,
  html: text,
  json: text,
  csv: text,
  circuits: text,
  'no-memory': flag,
  'no-cpu': flag,
  compare: flag,
  help: { type: 'boolean', short: 'h' },
} as const;

/** Throws UsageError. */
export function readOptions(args: string[]): Options | { compare: [string, string] } | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  if (values.compare === true) {
    const [before, after, ...more] = positionals;
    if (before === undefined || after === undefined || more.length > 0)
      throw new UsageError('--compare takes two reports.');
    return { compare: [before, after] };
  }
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" belongs to no flag.`);
  const { circuit, sizes, threads, provers, iterations } = values;
  const request = {
    ...(circuit !== undefined && { circuitTypes: listOf(circuit) }),
    ...(sizes !== undefined && { networkSizes: listOf(sizes).map((part) => wholeOf('sizes', part)) }),
    ...(threads !== undefined && { threads: listOf(threads).map((part) => wholeOf('threads', part)) }),
    ...(provers !== undefined && { provers: listOf(provers) }),
    ...(iterations !== undefined && { iterations: wholeOf('iterations', iterations) }),
    ...(values['warm-up'] !== undefined && { warmupIterations: wholeOf('warm-up', values['warm-up']) }),
    includeMemory: values['no-memory'] !== true,
    includeCPU: values['no-cpu'] !== true,
  };
  const parsed = v.safeParse(ProfileRequestSchema, request);
  if (!parsed.success) throw wrongChoice(parsed.issues[0]);
  return {
    request: request as ProfileRequestInput,
    html: values.html ?? null,
    json: values.json ?? null,
    csv: values.csv ?? null,
    circuitsFolder: resolve(values.circuits ?? 'circuits/build'),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, allowPositionals: true });
  } catch (thrown) {
    throw usageFrom(thrown);
  }
}

const listOf = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function wholeOf(name: string, value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new UsageError(`--${name}: "${value}" is not a whole number.`);
}

const FLAG_OF: Record<string, string> = {
  ...{ circuitTypes: 'circuit', networkSizes: 'sizes', threads: 'threads', provers: 'provers' },
  ...{ iterations: 'iterations', warmupIterations: 'warm-up' },
};

function wrongChoice(issue: v.BaseIssue<unknown>): UsageError {
  const field = String(issue.path?.[0]?.key ?? '');
  return new UsageError(`--${FLAG_OF[field] ?? field}: ${issue.message}.`);
}
