// The operator's command is told each change of advice, once, with its reason.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScalingAdvice } from '../../worker-server/pool-port.ts';
import { startScaleHook } from '../../worker-server/scale-hook.ts';
import { until } from '../helpers/worker-server.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-hook-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs on each change, and a command that fails or hangs does not stop it', async () => {
  const file = join(folder, 'told');
  let advice: ScalingAdvice['advice'] = 'steady';
  const warnings: unknown[] = [];
  const told = () => {
    try {
      return readFileSync(file, 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
  const stop = startScaleHook({
    command: `echo "$GNOMON_ADVICE: $GNOMON_REASON" >> ${file}; [ $GNOMON_ADVICE = scale-up ] && sleep 30; exit 3`,
    advise: () => ({ advice, reason: `because of $(touch ${folder}/injected) "quotes"` }),
    log: { info: () => {}, warn: (facts: unknown) => void warnings.push(facts) } as never,
    everyMs: 10,
    limitMs: 300,
  });
  const reason = `because of $(touch ${folder}/injected) "quotes"`;
  await new Promise((wake) => setTimeout(wake, 50));
  expect(told()).toEqual([]);
  advice = 'scale-up';
  await until(() => told().length === 1);
  advice = 'scale-down';
  await until(() => told().length === 2);
  await new Promise((wake) => setTimeout(wake, 100));
  expect(told()).toEqual([`scale-up: ${reason}`, `scale-down: ${reason}`]);
  await until(() => warnings.length === 2);
  expect(() => readFileSync(join(folder, 'injected'))).toThrow();
  stop();
  advice = 'steady';
  await new Promise((wake) => setTimeout(wake, 100));
  expect(told()).toHaveLength(2);
});
