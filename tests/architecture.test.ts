// Holds every import against the table in README, "Architecture": arrows point one way, type-only imports
// count, no cycles, no barrels, and core's only package is valibot.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Longest prefix wins. `null` means: anything of ours. */
const MAY_IMPORT: Record<string, string[] | null> = {
  'src/core': ['src/core'],
  'src/prover': ['src/core', 'src/prover'],
  'src/prover/engine': ['src/prover/engine'],
  'src/reputation': ['src/core', 'src/reputation'],
  'src/remote': ['src/core', 'src/remote'],
  'src/services': ['src/core', 'src/reputation', 'src/services'],
  'src/browser': ['src/core', 'src/services', 'src/prover', 'src/reputation', 'src/remote', 'src/browser'],
  'src/workers': ['src/core', 'src/prover', 'src/reputation', 'src/browser', 'src/workers'],
  'src/client': ['src/core', 'src/reputation', 'src/services', 'src/client'],
  'src/ui': ['src/core', 'src/reputation', 'src/services', 'src/client', 'src/ui'],
  'src/embed': ['src/core', 'src/prover', 'src/remote', 'src/browser', 'src/client', 'src/ui', 'src/embed'],
  'src/main.tsx': ['src'],
  'src/app-client.ts': ['src'],
  'src/sw.ts': ['src'],
  'worker-server': ['src/core', 'src/prover', 'src/reputation', 'src/remote', 'worker-server'],
  circuits: ['src/core', 'src/prover', 'src/reputation', 'circuits'],
  scripts: ['src/core', 'src/prover/engine/kernels', 'circuits', 'worker-server', 'scripts'],
  tests: null,
};

const PACKAGES_OF: Record<string, RegExp> = {
  'src/core': /^valibot$/,
  'src/prover/engine': /^$/,
};

interface Import {
  from: string;
  to: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'build' || name === 'generated' ? [] : sources(path);
    return /\.tsx?$/.test(name) && !name.endsWith('.d.ts') ? [path] : [];
  });
}

const files = ['src', 'worker-server', 'circuits', 'scripts', 'tests'].flatMap((name) =>
  sources(join(root, name)),
);

/** Import, re-export and dynamic import specifiers, `new URL('…', import.meta.url)` included. */
function specifiers(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const patterns = [
    /^\s*(?:import|export)\s[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /(?<![.\w])import\(\s*['"]([^'"]+)['"]/g,
    /new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''));
}

function prefixOf(path: string): string {
  const fitting = Object.keys(MAY_IMPORT).filter(
    (prefix) => path === prefix || path.startsWith(`${prefix}/`),
  );
  return fitting.sort((a, b) => b.length - a.length)[0] ?? '';
}

function inside(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** What an import table forbids, one line for each offence. */
function offences(imports: Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const prefix = prefixOf(from);
    const allowed = MAY_IMPORT[prefix];
    if (allowed === undefined) return [`${from}: no rule for this folder`];
    if (inside(to, 'tests') && !inside(from, 'tests')) return [`${from} imports the test ${to}`];
    if (allowed === null || allowed.some((folder) => inside(to, folder))) return [];
    return [`${from} imports ${to}`];
  });
}

function cycles(imports: Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push([...path.slice(at), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const to of next.get(file) ?? []) visit(to);
    path.pop();
    done.add(file);
  };
  for (const file of next.keys()) visit(file);
  return found;
}

const ours: Import[] = [];
const packages: Import[] = [];
/** Imports that a module makes when it loads; workers started by URL are not part of a cycle. */
const loaded: Import[] = [];
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const from = relative(root, file);
  for (const specifier of specifiers(text)) {
    if (specifier.startsWith('.')) {
      const to = relative(root, resolve(dirname(file), specifier.replace(/\?.*$/, '')));
      ours.push({ from, to });
      if (!text.includes(`new URL('${specifier}'`)) loaded.push({ from, to });
    } else packages.push({ from, to: specifier });
  }
}

describe('architecture', () => {
  it('reads the imports of the project', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(ours.length).toBeGreaterThan(10);
  });

  it('keeps to the import table', () => {
    expect(offences(ours)).toEqual([]);
  });

  it('has no cycles', () => {
    expect(cycles(loaded)).toEqual([]);
  });

  it('lets core use valibot only and the engine nothing', () => {
    const wrong = packages.filter(({ from, to }) => {
      const rule = PACKAGES_OF[prefixOf(from)];
      return (
        rule !== undefined &&
        !rule.test(to) &&
        !(prefixOf(from) === 'src/prover/engine' && to.startsWith('node:'))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('has no file that only re-exports', () => {
    const barrels = files.filter((file) => {
      const code = readFileSync(file, 'utf8')
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/^\s*\/\/.*$/gm, '')
        .replace(/export\s+(type\s+)?(\*|\{[^}]*\})\s*from\s*['"][^'"]+['"];?/g, '')
        .trim();
      return code === '' && !file.endsWith('.d.ts');
    });
    expect(barrels.map((file) => relative(root, file))).toEqual([]);
  });

  it('keeps worker entries under 30 lines', () => {
    const long = files.filter(
      (file) =>
        inside(relative(root, file), 'src/workers') && readFileSync(file, 'utf8').split('\n').length > 30,
    );
    expect(long).toEqual([]);
  });

  it('would notice an offence and a cycle', () => {
    expect(offences([{ from: 'src/core/a.ts', to: 'src/ui/b.tsx' }])).toHaveLength(1);
    expect(offences([{ from: 'src/browser/a.ts', to: 'src/ui/b.tsx' }])).toHaveLength(1);
    expect(offences([{ from: 'src/ui/a.tsx', to: 'tests/helpers/clock.ts' }])).toHaveLength(1);
    expect(
      cycles([
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ]),
    ).toEqual(['a → b → a']);
    expect(specifiers("import type { A } from './a.ts';\nexport { b } from './b.ts';")).toEqual([
      './a.ts',
      './b.ts',
    ]);
  });
});
