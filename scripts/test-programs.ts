// Programs that single tests need: the ones installed, or those of apt-get where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { GnomonError } from '../src/core/errors.ts';

/** A program's name and the Debian package that has it. */
export type TestProgram = readonly [program: string, debianPackage: string];

const PROGRAMS: readonly TestProgram[] = [
  ['nginx', 'nginx'],
  ['openssl', 'openssl'],
  ['redis-server', 'redis-server'],
  ['promtool', 'prometheus'],
  ['initdb', 'postgresql'],
  ['systemd-analyze', 'systemd'],
  ['systemd-journal-remote', 'systemd-journal-remote'],
  ['jq', 'jq'],
];

/** Where Debian keeps servers; not on everyone's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/lib/systemd'];
/** It keeps each version of PostgreSQL apart. */
const POSTGRES = '/usr/lib/postgresql';

export function findProgram(program: string): string | undefined {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a)) : [];
  const postgres = versions.map((version) => join(POSTGRES, version, 'bin'));
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS, ...postgres];
  return folders.map((folder) => join(folder, program)).find(existsSync);
}

/** Where nothing may be installed, the tests that miss a program are listed as skipped. Where it may and that
 * fails, throws `resource.no-test-program`: a run that is to check everything does not pass over something. */
export function ensureTestPrograms(mayInstall: boolean, programs = PROGRAMS): void {
  const missing = () => programs.filter(([program]) => findProgram(program) === undefined);
  const packages = [...new Set(missing().map(([, name]) => name))];
  if (packages.length === 0 || !mayInstall) return;
  aptGet('update', '-q');
  aptGet('install', '-y', '-q', '--no-install-recommends', ...packages);
  const still = missing();
  if (still.length === 0) return;
  throw new GnomonError(
    'resource.no-test-program',
    `Some tests need ${still.map(([program]) => program).join(', ')}.`,
    { nextStep: `Install ${packages.join(', ')} and run again, or run without CI=true and --install.` },
  );
}

export function aptGet(...args: string[]): void {
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
