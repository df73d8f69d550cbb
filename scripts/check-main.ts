// Entry of `npm run check`: the static checks, then the unit tests.

import { runChecks } from './check.ts';
import { packageBin, runNode } from './children.ts';

const failed = await runChecks();
if ((await runNode(packageBin('vitest/vitest.mjs', 'run', '--project', 'unit'))) !== 0)
  failed.push('unit tests');
process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
