// `npm run bench -- prove`: whole proofs by the engine and by snarkjs from the same zkey and witness, in turns,
// in Chromium and in Node. Medians; the first proof of each is told apart.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import { rolldown } from 'rolldown';
import * as snarkjs from 'snarkjs';
import { buildKernels } from '../../scripts/kernels.ts';
import { createEngine, type EngineOptions } from '../../src/prover/engine/engine.ts';
import { readProvingKey } from '../../src/prover/engine/zkey.ts';
import { base } from '../circuits/attacks.ts';
import { builtCircuits } from '../helpers/app.ts';
import { launchChromium, servePages } from '../helpers/chromium.ts';
import { inputOf, signals } from '../helpers/circuits-claims.ts';
import { WitnessCalculator, wtnsFile } from '../helpers/circuits-witness.ts';
import { testData } from '../helpers/data.ts';
import type { ProveBenchPage } from './pages/prove-page.ts';

declare global {
  var proveBench: ProveBenchPage;
}

const ROUNDS = Number(process.env.GNOMON_BENCH_ROUNDS ?? 5);
const CONFIGURATIONS: { name: string; options: EngineOptions }[] = [
  { name: 'engine', options: { threads: 2 } },
  { name: 'engine, private memories', options: { threads: 2, sharedMemory: false } },
  { name: 'engine, scalar tier', options: { threads: 2, tier: 'scalar' } },
  { name: 'engine', options: { threads: 1 } },
];

export interface ProveRow {
  circuit: string;
  domain: number;
  where: 'Chromium' | 'Node';
  prover: string;
  threads: number;
  coldMs: number;
  medianMs: number;
  /** snarkjs with as many threads, in the same turns, divided by this. */
  ratio: number;
}

interface Subject {
  circuit: string;
  zkey: Uint8Array;
  wtns: Uint8Array;
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function subjects(): Promise<Subject[]> {
  const list: Subject[] = [];
  const zkey = testData('semaphore-32.zkey');
  if (zkey !== undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'gnomon-bench-'));
    const file = join(folder, 'witness.wtns');
    const { wtns } = snarkjs as unknown as {
      wtns: { calculate(input: unknown, wasm: string, file: string): Promise<void> };
    };
    const input: unknown = JSON.parse(readFileSync(testData('semaphore-32.input.json')!, 'utf8'));
    await wtns.calculate(input, testData('semaphore-32.wasm')!, file);
    list.push({ circuit: 'semaphore-32', zkey: readFileSync(zkey), wtns: readFileSync(file) });
    rmSync(folder, { recursive: true });
  }
  for (const size of [256, 1024]) {
    const path = (suffix: string) => join(builtCircuits, `reputation-${size}.${suffix}`);
    if (!existsSync(path('zkey'))) continue;
    const calculator = await WitnessCalculator.honest(path('wasm'));
    const witness = await calculator.witness(signals(inputOf({ ...base, size })));
    list.push({ circuit: `reputation-${size}`, zkey: readFileSync(path('zkey')), wtns: wtnsFile(witness) });
  }
  const only = process.env.GNOMON_BENCH_CIRCUIT;
  return list.filter(({ circuit }) => only === undefined || circuit === only);
}

/** Measures all provers in turns; the first turn is the cold one. */
async function inTurns(
  subject: Subject,
  where: ProveRow['where'],
  ours: (options: EngineOptions) => Promise<number>,
  theirs: (singleThread: boolean) => Promise<number>,
): Promise<ProveRow[]> {
  const runs = [
    ...CONFIGURATIONS.map(({ name, options }) => ({
      name,
      threads: options.threads!,
      run: () => ours(options),
    })),
    { name: 'snarkjs', threads: 2, run: () => theirs(false) },
    { name: 'snarkjs', threads: 1, run: () => theirs(true) },
  ];
  const times = runs.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { run }] of runs.entries()) times[i]!.push(await run());
  }
  const warm = times.map(([, ...rest]) => median(rest));
  const { domain } = readProvingKey(subject.zkey);
  return runs.map(({ name, threads }, i) => ({
    circuit: subject.circuit,
    domain,
    where,
    prover: name,
    threads,
    coldMs: times[i]![0]!,
    medianMs: warm[i]!,
    ratio: warm[threads === 1 ? runs.length - 1 : runs.length - 2]! / warm[i]!,
  }));
}

async function inNode(subject: Subject): Promise<ProveRow[]> {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const engines = new Map<EngineOptions, ReturnType<typeof createEngine>>();
  const rows = await inTurns(
    subject,
    'Node',
    async (options) => {
      const engine = engines.get(options) ?? createEngine(options);
      engines.set(options, engine);
      const begun = performance.now();
      await engine.prove(subject.zkey, subject.wtns);
      return performance.now() - begun;
    },
    async (singleThread) => {
      const begun = performance.now();
      await snarkjs.groth16.prove(subject.zkey, subject.wtns, undefined, { singleThread });
      const taken = performance.now() - begun;
      await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate();
      return taken;
    },
  );
  for (const engine of engines.values()) engine.dispose();
  return rows;
}

/** One file: the kernels are imported when they are chosen, and the server knows only the page. */
async function bundlePage(): Promise<string> {
  const input = join(import.meta.dirname, 'pages/prove-page.ts');
  const bundle = await rolldown({ input, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
  await bundle.close();
  return output[0].code;
}

async function inChromium(subject: Subject): Promise<ProveRow[]> {
  const script = await bundlePage();
  const server = await servePages({
    '/': { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' },
    '/page.js': { type: 'text/javascript', body: script },
    '/zkey': { type: 'application/octet-stream', body: subject.zkey },
    '/wtns': { type: 'application/octet-stream', body: subject.wtns },
  });
  const browser = await launchChromium();
  try {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(0);
    await page.goto(server.origin);
    await page.waitForFunction(() => globalThis.proveBench !== undefined);
    await page.evaluate(() => proveBench.load());
    return await inTurns(
      subject,
      'Chromium',
      (options) => page.evaluate((options) => proveBench.ours(options), options),
      (single) => page.evaluate((single) => proveBench.snarkjs(single), single),
    );
  } finally {
    await browser.close();
    await server.close();
  }
}

/** All circuits that are there, in Chromium and then in Node. */
export async function benchProve(say: (line: string) => void): Promise<ProveRow[]> {
  await buildKernels();
  const rows: ProveRow[] = [];
  for (const subject of await subjects()) {
    for (const [where, measure] of [
      ['Chromium', inChromium],
      ['Node', inNode],
    ] as const) {
      say(`${subject.circuit} in ${where}: ${ROUNDS + 1} proofs by each prover`);
      rows.push(...(await measure(subject)));
    }
  }
  return rows;
}

export function proveTable(rows: ProveRow[]): string {
  const head = ['circuit', 'rows', 'where', 'prover', 'threads', 'cold ms', 'median ms', 'snarkjs ÷ this'];
  const lines = rows.map((row) => [
    row.circuit,
    row.domain,
    row.where,
    row.prover,
    row.threads,
    Math.round(row.coldMs),
    Math.round(row.medianMs),
    row.ratio.toFixed(2),
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
