// `npm run check`: all that CI runs except circuits and browsers. Each line is one check.
import { packageBin, runNode } from './children.ts';
import { buildKernels } from './kernels.ts';

export const CHECKS: [name: string, args: string[]][] = [
  ['format and lint', packageBin('@biomejs/biome/bin/biome', 'check', '.')],
  ['types: node', packageBin('typescript/bin/tsc', '-p', 'tsconfig.node.json')],
  ['types: browser', packageBin('typescript/bin/tsc', '-p', 'tsconfig.browser.json')],
  ['types: worker', packageBin('typescript/bin/tsc', '-p', 'tsconfig.worker.json')],
  ['types: tests', packageBin('typescript/bin/tsc', '-p', 'tsconfig.tests.json')],
  ['dead code', packageBin('knip/bin/knip.js')],
];

/** Runs the checks one after the other; resolves with the names of those that failed. */
export async function runChecks(): Promise<string[]> {
  // Types are checked with the built kernels in place.
  await buildKernels();
  const failed: string[] = [];
  for (const [name, args] of CHECKS) {
    const ok = (await runNode(args)) === 0;
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`);
    if (!ok) failed.push(name);
  }
  return failed;
}
