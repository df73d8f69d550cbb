// `npm run bench [-- NAME] [--json F]`: measurements, each with its peer in the same run. Never part of the tests.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { readArguments, runCommand } from '../../scripts/command-line.ts';
import { UsageError } from '../../worker-server/cli/files.ts';
import { benchClaim, type ClaimRow } from './claim.ts';
import { benchProve, proveTable } from './prove.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toString());
const mebibytes = (bytes: number | null): string =>
  bytes === null ? '–' : Math.round(bytes / 2 ** 20).toString();

function claimTable(rows: ClaimRow[]): string {
  const head = [
    'circuit',
    'people',
    'records',
    'import ms',
    'snapshot ms',
    'witness ms',
    'prove ms',
    'verify ms',
    'claim cold ms',
    'claim warm ms',
    'bare snarkjs ms',
    'ratio',
    'peak MiB',
    'snarkjs peak MiB',
  ];
  const lines = rows.map((row) => [
    row.circuit,
    row.people,
    row.records,
    ms(row.importMs),
    ms(row.snapshotMs),
    ms(row.witnessMs),
    ms(row.provingMs),
    ms(row.verifyMs),
    ms(row.coldMs),
    ms(row.warmMs),
    ms(row.peerMs),
    row.ratio.toFixed(2),
    mebibytes(row.peakBytes),
    mebibytes(row.peerPeakBytes),
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const BENCHES: Record<string, () => Promise<{ table: string; rows: unknown[] }>> = {
  claim: async () => {
    const rows = await benchClaim(say);
    return { table: claimTable(rows), rows };
  },
  prove: async () => {
    const rows = await benchProve(say);
    return { table: proveTable(rows), rows };
  },
};

const HELP = `Measures, each beside its peer in the same run.

  npm run bench [-- NAME…] [--json F]

  NAME      ${Object.keys(BENCHES).join(', ')}; all unless told
  --json F  also writes the numbers to F
`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(HELP, {
    allowPositionals: true,
    options: { json: { type: 'string' } },
  });
  const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
  for (const name of names) {
    if (!Object.hasOwn(BENCHES, name)) {
      throw new UsageError(`There is no bench "${name}"; there are: ${Object.keys(BENCHES).join(', ')}.`);
    }
  }
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
  };
  const results: Record<string, unknown[]> = {};
  for (const name of names) {
    const { table, rows } = await BENCHES[name]!();
    results[name] = rows;
    say(`\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${table}\n`);
  }
  if (values.json !== undefined) {
    await mkdir(dirname(values.json), { recursive: true });
    await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  }
}

await runCommand(main);
