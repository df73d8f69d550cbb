// What the benches keep: a part takes the place of its last run, another machine's results stay and say so, and the page says
// what was reached and what was missed.
import { expect, test } from 'vitest';
import { type Machine, merged, page } from './keep.ts';
import { medianOf, middleRun } from './median.ts';
import type { ProveRow } from './prove.ts';
import type { Part } from './tables.ts';

const MACHINE: Machine = {
  cpu: 'One',
  cores: 2,
  memoryGiB: 8,
  node: 'v20',
  chromium: '156',
  snarkjs: '0.7.6',
};

const row = (prover: string, warmMs: number, peak: number): ProveRow => ({
  prover,
  tier: prover === 'snarkjs' ? null : 'fma',
  threads: 2,
  coldMs: 2 * warmMs,
  keyMs: 1,
  warmMs,
  warmCpuMs: null,
  predictedMs: null,
  ratio: 1000 / warmMs,
  cpuRatio: null,
  peakBytes: (100 + peak) * 2 ** 20,
  baseBytes: 100 * 2 ** 20,
  stagesMs: prover === 'snarkjs' ? null : { rows: 1, 'sum a': 2 },
  samplesMs: [warmMs],
});

const part = (circuit: string, engineMs: number): Part => ({
  bench: 'prove',
  circuit,
  domain: 2 ** 16,
  place: 'Chromium',
  weight: { zeros: 0.5, ones: 0.25, small: 0, full: 0.25 },
  rounds: 1,
  coldRounds: 1,
  verified: 4,
  rows: [row('engine, fma', engineMs, 50), row('snarkjs', 1000, 300)],
  at: '2026-01-02T03:04:05.000Z',
  loadBefore: 0.25,
});

test('a part takes the place of its last run; another machine’s stay, and the page says whose they are', () => {
  const first = merged(null, MACHINE, [part('reputation-256', 200), part('chain-2^16', 300)]);
  const second = merged(first, MACHINE, [part('reputation-256', 100)]);
  expect(second.parts.map(({ rows }) => (rows as ProveRow[])[0]!.warmMs)).toEqual([100, 300]);
  expect(page(second)).not.toContain('On another machine');

  const elsewhere = merged(second, { ...MACHINE, cpu: 'Two' }, [part('reputation-256', 1)]);
  expect(elsewhere.parts.map(({ machine }) => machine?.cpu)).toEqual([undefined, 'One']);
  expect(page(elsewhere)).toMatch(/^Two, 2 logical cores/m);
  expect(page(elsewhere)).toContain('On another machine (One, 2 logical cores');
  // Back again, its own are its own.
  const back = merged(elsewhere, MACHINE, []);
  expect(back.parts.map(({ machine }) => machine?.cpu)).toEqual(['Two', undefined]);
});

test('the page says what was reached, and what was missed', () => {
  const verdict = (ms: number) => {
    const text = page({ machine: MACHINE, parts: [part('reputation-256', ms)] });
    return /^\| reputation-256, Chromium, 2 threads \|.*\| ([a-z ]+) \|$/m.exec(text)?.[1];
  };
  expect([verdict(50), verdict(100), verdict(200)]).toEqual(['aim reached', 'enough', 'missed']);
  const text = page({ machine: MACHINE, parts: [part('reputation-256', 50)] });
  expect(text).toContain('load before 0.25');
  expect(text).toContain('| engine, fma | 2 | – | 100 | 1.0 | 50 | – | – | 20.0 | – | 150 | 50 | 17 % |');
  expect(text).toContain('| sum a | 2.0 (67 %) |');
});

test('what was never measured says so, and memory without isolation tells why it is missed', () => {
  const apart: Part = { ...part('reputation-256', 50), place: 'Chromium, not isolated' } as Part;
  const lines = page({ machine: MACHINE, parts: [apart] }).split('\n');
  const lineOf = (what: string) => lines.find((line) => line.startsWith(`| ${what} |`));
  const peak = 'reputation-256, Chromium, not isolated, 2 threads: snarkjs’ peak memory ÷ the engine’s';
  // 400 MiB to 150; then 400 to 250.
  expect(lineOf(peak)).toMatch(/\| 2 \| 4 \| 2\.7 \| enough \|$/);
  const more = { ...apart, rows: [row('engine, fma', 50, 150), row('snarkjs', 1000, 300)] } as Part;
  const missed = page({ machine: MACHINE, parts: [more] });
  expect(missed).toMatch(
    /not isolated, 2 threads: snarkjs’ peak memory ÷ .* 1\.6 \| missed: without isolation/,
  );
  for (const what of [
    'reputation-1024, Chromium, not isolated, 1 thread',
    'reputation-256, Chromium, 2 threads',
  ]) {
    expect(lineOf(what)).toMatch(/\| – \| not measured \|$/);
  }
});

test('threads that were asked for and did not prove are not shown as if they had', () => {
  const one = { ...row('engine, private memories', 50, 50), ranThreads: 1 };
  const rows = [one, { ...row('engine, fma', 50, 50), ranThreads: 2 }, row('snarkjs', 1000, 300)];
  const apart = { ...part('reputation-1024', 50), place: 'Chromium, not isolated', rows } as Part;
  const text = page({ machine: MACHINE, parts: [apart] });
  expect(text).toContain('| engine, private memories, fma | 1 of 2 |');
  expect(text).toContain('| engine, fma | 2 |');
  expect(text).toContain('| threads’ ms | engine, private memories, fma, 1 of 2 | engine, fma, 2 |');
  expect(text).toMatch(
    /reputation-1024, Chromium, not isolated, 2 threads: snarkjs’ peak memory ÷ .* \| 2\.7 \| enough, with 1 of the 2 threads, to save memory \|/,
  );
});

test('a median of an even number is the mean of the two middle ones; the run shown is a middle one', () => {
  expect(medianOf([])).toBe(null);
  expect(medianOf([3, null, 1, 2])).toBe(2);
  expect(medianOf([10, 1, 4, 2])).toBe(3);
  expect(middleRun([9, 1, 5, 3].map((ms) => ({ ms }))).ms).toBe(3);
});
