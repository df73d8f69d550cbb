// The codes that figures keep of remote attempts are those that the project's own programs say: all, and no others.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeToKeep, KNOWN_CODES } from '../../../src/core/metrics/known-codes.ts';

const root = resolve(import.meta.dirname, '../../..');
const SAY = [
  ...['src/core', 'src/prover', 'src/remote'],
  ...['fleet', 'jobs', 'pool', 'proving', 'ws'].map((part) => `worker-server/${part}`),
];
const GROUPS = 'input|circuit|artifact|witness|resource|backend|network|protocol|cancelled|internal';
const CODE = new RegExp(`'((?:${GROUPS})\\.[a-z0-9-]+)'`, 'g');
/** Put together from their parts, in src/core/wire/limits.ts. */
const COMPOSED = ['protocol.too-deep', 'protocol.too-many'];

function saidCodes(): Set<string> {
  const files = SAY.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  // What server and fleet both say.
  files.push('worker-server/refusals.ts');
  const lines = files.flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n'));
  const code = lines.filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
  return new Set(code.flatMap((line) => [...line.matchAll(CODE)].map(([, found]) => found!)));
}

describe('codes of remote attempts', () => {
  it('are known if one of our own programs says them, and only then', () => {
    expect([...KNOWN_CODES].sort()).toEqual([...saidCodes(), ...COMPOSED].sort());
  });

  it('are kept if known, and otherwise told as one; what this machine says is kept as it is', () => {
    const secret = `backend.${'0123456789abcdef'.repeat(4)}`;
    expect(codeToKeep('remote', 'resource.memory')).toBe('resource.memory');
    expect(codeToKeep('remote', secret)).toBe('backend.failed-there');
    expect(codeToKeep('remote', '__proto__')).toBe('backend.failed-there');
    expect(codeToKeep('local', 'resource.wasm')).toBe('resource.wasm');
  });
});
