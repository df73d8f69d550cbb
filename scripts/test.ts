// `npm test`: everything CI checks, its own set-up included; ends with `N passed, N failed`.
// `--full` (npm run test:full) runs the whole counts instead of a seeded share; NAMES limit it to some suites.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CIRCUIT_SIZES, type CircuitSize } from '../circuits/signals.ts';
import { buildApp, buildServer } from './app-steps.ts';
import { CHECKS, runChecks } from './check.ts';
import { packageBin, runNode } from './children.ts';
import { ensureChromium } from './chromium.ts';
import { makeCircuits } from './circuit-steps.ts';
import { runCommand } from './command-line.ts';
import { ensureTestPrograms } from './test-programs.ts';

const SUITES = ['unit', 'circuits', 'e2e'];
/** The largest takes a minute and is needed by the full run only. */
const SIZES: readonly CircuitSize[] = [16, 64, 256];

interface Assertion {
  fullName: string;
  status: string;
  failureMessages?: string[];
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
  testResults: { name: string; status: string; message?: string; assertionResults: Assertion[] }[];
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const full = args.includes('--full');
  const suites = SUITES.filter((suite) => args.includes(suite));
  const chosen = suites.length === 0 ? SUITES : suites;
  const mayInstall = process.env.CI === 'true' || args.includes('--install');
  const seed = process.env.GNOMON_SEED ?? '20240229';
  process.stdout.write(`Seed ${seed}${full ? ', full run' : ''}; repeat with GNOMON_SEED=${seed}.\n`);

  if (chosen.includes('unit')) ensureTestPrograms(mayInstall);
  const chromium = chosen.includes('e2e') ? await ensureChromium(mayInstall) : '';
  await makeCircuits(full ? CIRCUIT_SIZES : SIZES);
  await buildServer();
  await buildApp();

  const failedChecks = suites.length === 0 ? await runChecks() : [];
  let passed = (suites.length === 0 ? CHECKS.length : 0) - failedChecks.length;
  let failed = failedChecks.length;
  const failures = failedChecks.map((name) => `check: ${name}`);
  const skipped: string[] = [];

  const folder = await mkdtemp(join(tmpdir(), 'gnomon-test-'));
  for (const suite of chosen) {
    const outputFile = join(folder, `${suite}.json`);
    const code = await runNode(
      packageBin(
        'vitest/vitest.mjs',
        'run',
        `--project=${suite}*`,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${outputFile}`,
      ),
      { GNOMON_SEED: seed, GNOMON_TEST_FULL: full ? '1' : '', GNOMON_CHROMIUM: chromium },
    );
    const report = await readReport(outputFile);
    passed += report?.numPassedTests ?? 0;
    const broken = report?.testResults.filter((file) => file.status === 'failed') ?? [];
    for (const file of broken) failures.push(...reasonsOf(suite, file));
    // A file that could not even load, or a crashed runner, counts as one failure at least.
    failed += Math.max(report?.numFailedTests ?? 0, broken.length, code === 0 && report !== null ? 0 : 1);
    for (const file of report?.testResults ?? []) {
      for (const test of file.assertionResults) {
        if (test.status === 'pending' || test.status === 'skipped' || test.status === 'todo')
          skipped.push(test.fullName);
      }
    }
  }
  await rm(folder, { recursive: true, force: true });

  for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
  for (const name of failures) process.stdout.write(`failed: ${name}\n`);
  process.stdout.write(
    `${passed} passed, ${failed} failed${skipped.length === 0 ? '' : `, ${skipped.length} skipped`}\n`,
  );
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

/** The last lines of a run say which test failed and why: they may be all that is kept of it. */
function reasonsOf(suite: string, file: Report['testResults'][number]): string[] {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  const first = (text: string | undefined): string => (text ?? '').split('\n').slice(0, 3).join('\n    ');
  const tests = failed.map((test) => `${test.fullName}\n    ${first(test.failureMessages?.[0])}`);
  return [
    `${suite}: ${file.name}${first(file.message) === '' ? '' : `\n    ${first(file.message)}`}`,
    ...tests,
  ];
}

async function readReport(path: string): Promise<Report | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Report;
  } catch {
    return null;
  }
}

await runCommand(main);
