// `npm run profile`: real proofs of a made-up person, measured by circuit, size, prover and threads; what follows from
// them; a report as HTML, JSON and CSV. Or two reports compared.
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { GnomonError } from '../../src/core/errors.ts';
import { compareReports, comparisonText } from '../../src/core/profiler/compare.ts';
import { planProfile } from '../../src/core/profiler/plan.ts';
import { type ProfileReport, readReport, toJson } from '../../src/core/profiler/report.ts';
import { profileCsv } from '../../src/core/profiler/report-csv.ts';
import { profileHtml } from '../../src/core/profiler/report-html.ts';
import { ADVICE_ABOUT } from '../../src/core/profiler/report-words.ts';
import { ProfileRequestSchema } from '../../src/core/profiler/request.ts';
import { type ProfileProgress, runProfile } from '../../src/core/profiler/run.ts';
import { cellText, timeText } from '../../src/core/profiler/words.ts';
import { systemClock } from '../../src/core/system.ts';
import { readManifest } from '../manifest.ts';
import { makeChildPlatform } from '../profiling/platform.ts';
import { startChild } from '../proving/child.ts';
import { makeChildVerifier } from '../proving/child-verifier.ts';
import { mustBeDistinct, mustBeWritable, readBytes, runCommand, writeText } from './files.ts';
import { type Options, readOptions } from './profile-options.ts';

const HELP = `Measures proofs on this machine, and says what follows from the figures.

  npm run profile -- [--circuit LIST] [--sizes LIST] [--threads LIST] [--provers LIST]
                     [--iterations N] [--warm-up N] [--html F] [--json F] [--csv F]
  npm run profile -- --compare A.json B.json

  --circuit LIST    ids of circuits here, or optimized (the engine) or default (snarkjs), which take
                    the circuit that fits each size (optimized)
  --sizes LIST      numbers of attestations (16)
  --threads LIST    of each proof (1 and all that there are)
  --provers LIST    engine, snarkjs; for circuits given by id (engine)
  --iterations N    proofs of each that count (5)
  --warm-up N       proofs before each group of those (1)
  --no-memory       leaves memory out
  --no-cpu          leaves processor time out
  --html F          the report as one page that opens anywhere
  --json F          the report with every single proof; --compare reads it again
  --csv F           its figures for a spreadsheet
  --circuits DIR    where manifest.json and the circuits' files are (circuits/build)
  --compare A B     two reports, JSON or HTML: how much longer the second's proofs take, with noise

A LIST is separated by commas. The inputs are a made-up person's; nothing of yours is read or sent. Ctrl-C
ends it at once and writes what was measured until then.
Ends with 0, with 1 when nothing could be measured or compared, 2 for wrong use, 130 after Ctrl-C.
`;

const cliFolder = dirname(fileURLToPath(import.meta.url));
const MAX_REPORT_BYTES = 64 * 1024 * 1024;
const CHILD_BYTES = Number.MAX_SAFE_INTEGER;

async function profile(options: Options): Promise<number> {
  const { html, json, csv, circuitsFolder, ...choice } = options;
  const outputs = Object.fromEntries(
    Object.entries({ html, json, csv }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  await mustBeDistinct(outputs, {});
  for (const path of Object.values(outputs)) await mustBeWritable(path);
  const { circuits } = await readManifest(circuitsFolder);
  const cores = availableParallelism();
  const request = v.parse(ProfileRequestSchema, choice.request);
  const plan = planProfile(
    { ...request, threads: request.threads ?? [...new Set([1, cores])] },
    { circuits, usualThreads: cores, mostThreads: cores },
  );
  for (const { what, why } of plan.skipped) process.stderr.write(`Left out: ${what}: ${why}.\n`);
  process.stderr.write(
    `Proofs: ${plan.runs}, combinations: ${plan.cells.length}, about ${timeText(plan.expectedMs)}.\n`,
  );
  const cancel = new AbortController();
  const onSignal = () => cancel.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const child = (name: string) => () =>
    startChild({ script: join(cliFolder, `../server/${name}.js`), maxBytes: CHILD_BYTES });
  const verifier = makeChildVerifier(circuitsFolder, child('verify-child'));
  const line = makeProgressLine();
  let report: ProfileReport;
  try {
    const platform = makeChildPlatform({
      ...{ kind: 'command line', name: null, circuitsFolder, verifier, clock: systemClock },
      ...{ spawn: child('prove-child'), busy: () => null, watchBusy: () => () => {} },
    });
    report = await runProfile(plan, platform, { signal: cancel.signal, onProgress: line.show });
  } finally {
    line.end();
    await verifier.close();
  }
  if (html !== null) await writeText(html, profileHtml(report));
  if (json !== null) await writeText(json, toJson(report));
  if (csv !== null) await writeText(csv, profileCsv(report));
  process.stdout.write(summaryOf(report));
  if (report.state === 'cancelled') {
    process.stderr.write('Cancelled; nothing of it runs any more.\n');
    return 130;
  }
  return report.cells.some(({ figures }) => figures.totalMs !== null) ? 0 : 1;
}

function summaryOf({ cells, advice }: ProfileReport): string {
  const lines = cells.map((cell) => {
    const { totalMs, firstMs } = cell.figures;
    const failed = cell.error === null ? '' : ` Failed: ${cell.error.message} (${cell.error.code})`;
    if (totalMs === null) return `${cellText(cell)}: no proof that counts.${failed}`;
    const { p50, mean, standardDeviation, p95, count } = totalMs;
    const first = firstMs === null ? '' : `, first ${timeText(firstMs.mean)}`;
    return `${cellText(cell)}: ${timeText(p50)} (mean ${timeText(mean)} ± ${timeText(standardDeviation)}, P95 ${timeText(p95)}${first}; ${count === 1 ? '1 proof' : `${count} proofs`}).${failed}`;
  });
  const given = advice.recommendations.map(({ text }) => text);
  const withheld = advice.withheld.map(({ kind, why }) => `Nothing about ${ADVICE_ABOUT[kind]}: ${why}.`);
  return [...lines, ...given, ...withheld].map((line) => `${line}\n`).join('');
}

function makeProgressLine(): { show(progress: ProfileProgress): void; end(): void } {
  const live = process.stderr.isTTY === true;
  let shown = '';
  return {
    show({ done, total, fraction, etaMs, cell }) {
      const text = `${Math.floor(100 * fraction)} %, ${done} of ${total} proofs, ${timeText(etaMs)} left${cell === null ? '' : `: ${cell}`}`;
      if (!live || text === shown) return;
      shown = text;
      process.stderr.write(`\r\x1b[K${text}`);
    },
    end() {
      if (live && shown !== '') process.stderr.write('\r\x1b[K');
    },
  };
}

async function compare(before: string, after: string): Promise<number> {
  const read = async (path: string): Promise<ProfileReport> => {
    const text = new TextDecoder().decode(await readBytes(path, MAX_REPORT_BYTES));
    try {
      return readReport(text);
    } catch (thrown) {
      if (!(thrown instanceof GnomonError)) throw thrown;
      const where = thrown.where === undefined ? path : `${path}, ${thrown.where}`;
      throw new GnomonError('input.profile-report', thrown.message, { nextStep: thrown.nextStep, where });
    }
  };
  const comparison = compareReports(await read(before), await read(after));
  process.stdout.write(comparisonText(comparison));
  return comparison.cells.length > 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const asked = readOptions(process.argv.slice(2));
  if (asked === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  return 'compare' in asked ? compare(...asked.compare) : profile(asked);
}

runCommand(main, (thrown) => (thrown instanceof GnomonError && thrown.group === 'input' ? 2 : 1));
