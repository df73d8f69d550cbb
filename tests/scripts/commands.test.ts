// The project's own commands as real processes: --help always helps, and wrong use is one line, never a stack.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../scripts/steps.ts';
import { notBuilt } from '../bench/claim.ts';

function run(file: string, args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectFolder, 'node_modules/tsx/dist/cli.mjs'), join(projectFolder, file), ...args],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  return { status, stdout, stderr };
}

describe('--help', () => {
  it.each([
    ['scripts/circuits.ts', ['--help'], '--size N'],
    ['scripts/circuits.ts', ['--ceremony', '--help'], '--ceremony contribute --from A --to B --name WHO'],
    ['scripts/circuits.ts', ['--ceremony', 'new', '-h'], '--ceremony finish'],
    ['tests/bench/main.ts', ['--help'], '--json F'],
    ['tests/simulate/main.ts', ['--seeds', '--help'], '--seeds N'],
  ])('of %s %j explains', (file, args, words) => {
    const { status, stdout, stderr } = run(file, args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(words);
  });
});

describe('wrong use', () => {
  it.each([
    ['scripts/circuits.ts', ['--fast'], /--fast/],
    ['scripts/circuits.ts', ['--ceremony'], /--ceremony/],
    ['scripts/circuits.ts', ['--ceremony', '--size', '16'], /--ceremony/],
    ['scripts/circuits.ts', ['--ceremony', 'jump'], /no ceremony step called jump/],
    ['scripts/circuits.ts', ['--ceremony', 'contribute', '--to', 'x'], /needs --from/],
    ['scripts/circuits.ts', ['--size', '17'], /no circuit of size 17/],
    ['tests/bench/main.ts', ['--fast'], /--fast/],
    ['tests/bench/main.ts', ['toString'], /no bench "toString"/],
    ['tests/simulate/main.ts', ['--seeds', 'many'], /--seeds is a whole number/],
    ['tests/simulate/main.ts', ['--bug', 'none'], /no bug "none"/],
  ])('of %s %j is one line', (file, args, words) => {
    const { status, stdout, stderr } = run(file, args);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/^.+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

it('the claim bench names the sizes that it leaves out', () => {
  const built = [{ id: 'reputation-16' }, { id: 'reputation-64' }, { id: 'reputation-256' }];
  expect(notBuilt(built)).toEqual([
    'reputation-1024 is not built and left out; npm run circuits -- --size 1024 makes it.',
  ]);
  expect(notBuilt([...built, { id: 'reputation-1024' }])).toEqual([]);
});
