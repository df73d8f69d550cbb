// Settings: damaged ones fall back, diagnostics hold nothing that says whose device it is or what was proved, and
// the licences named are the packages' own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSettings } from '../../src/browser/settings.ts';
import type { Settings } from '../../src/services/device.ts';
import { diagnosticText } from '../../src/ui/pages/settings/diagnostics.ts';
import { PARTS } from '../../src/ui/pages/settings/parts.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { circuit, job } from './proof-fixtures.ts';

const root = join(import.meta.dirname, '../..');

const usual: Settings = {
  threads: null,
  memoryLimitBytes: null,
  hereConstraintsMost: null,
  keepInput: 'if-mendable',
  keepAwake: true,
  notify: false,
};

describe('settings', () => {
  it('last, and damaged ones fall back one by one', () => {
    const storage = memoryStorage();
    const set: Settings = {
      threads: 3,
      memoryLimitBytes: 2e9,
      hereConstraintsMost: 100_000,
      keepInput: 'never',
      keepAwake: false,
      notify: true,
    };
    const settings = makeSettings(() => storage);
    let told = 0;
    settings.watch(() => told++);
    settings.write(set);
    expect([makeSettings(() => storage).read(), told]).toEqual([set, 1]);
    storage.setItem('gnomon.settings', '{"threads": 0, "keepInput": "always"}');
    expect(makeSettings(() => storage).read()).toEqual({ ...usual, keepInput: 'always' });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        storage.setItem('gnomon.settings', text);
        const { threads, keepInput } = makeSettings(() => storage).read();
        expect(threads === null || (threads >= 1 && threads <= 64)).toBe(true);
        expect(['never', 'if-mendable', 'always']).toContain(keepInput);
      }),
      { numRuns: runs(200, 2000), seed: testSeed },
    );
  });

  it('last until the page is closed where nothing can be kept', () => {
    const settings = makeSettings(() => {
      throw new DOMException('forbidden', 'SecurityError');
    });
    expect(settings.write({ ...usual, threads: 2 })).toBe(false);
    expect(settings.read()).toEqual({ ...usual, threads: 2 });
  });
});

describe('diagnostics', () => {
  it('name no person, place, label, file or value', () => {
    const CANARY = 'canary-4711';
    const error = {
      group: 'input' as const,
      code: 'input.signal-malformed',
      message: CANARY,
      nextStep: CANARY,
      where: CANARY,
      retryable: false,
      cause: CANARY,
    };
    const text = diagnosticText({
      version: '1.2.3',
      userAgent: 'Browser/1',
      screen: '390×844 at 2',
      device: { threads: 4, memoryBytes: null, crossOriginIsolated: true, online: true },
      storage: { usedBytes: 1, freeBytes: 2, persistent: false, refused: true },
      settings: usual,
      jobs: [
        job('failed', {
          id: CANARY,
          label: CANARY,
          circuit: { ...circuit, id: CANARY, capacity: null, publicSignals: [CANARY] },
          secrets: [{ signal: CANARY, identityId: CANARY }],
          expectedPublicSignals: [CANARY],
          context: { kind: CANARY },
          error,
          attempts: [
            {
              number: 1,
              backendId: CANARY,
              reason: CANARY,
              rung: 'snarkjs-single',
              startedAtMs: 1000,
              endedAtMs: 3500,
              outcome: 'failed',
              error,
            },
          ],
        }),
      ],
    });
    expect(text).not.toContain(CANARY);
    const told = JSON.parse(text) as { newest: { error: string; attempts: { tookMs: number }[] }[] };
    expect(told.newest[0]?.error).toBe('input.signal-malformed');
    expect(told.newest[0]?.attempts[0]?.tookMs).toBe(2500);
    expect(text).toContain('1.2.3');
  });
});

describe('the licences', () => {
  it.each(PARTS)('$name is under $licence', ({ name, licence }) => {
    const file = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8');
    expect((JSON.parse(file) as { license: string }).license).toBe(licence);
  });

  it('name every package that the page imports', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const onServers = [
      '@hono/node-server',
      'hono',
      'pino',
      'ws',
      'prom-client',
      'hono-openapi',
      '@hono/standard-validator',
      '@valibot/to-json-schema',
      'jose',
      'bullmq',
      'ioredis',
      'pg',
      '@bull-board/api',
      '@bull-board/hono',
    ];
    const named = PARTS.map(({ name }) => name);
    const missing = Object.keys(dependencies).filter(
      (name) => !named.includes(name) && !onServers.includes(name),
    );
    expect(missing).toEqual([]);
  });
});
