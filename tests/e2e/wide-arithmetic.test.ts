// The kernels for wide arithmetic, in a Chromium that has it behind its flag: against BigInt, the cases that the other tiers
// go through in Node, and whole proofs against the reference. Broken ones are noticed. A Chromium without the flag must
// never take them.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKernels } from '../../scripts/kernels.ts';
import type { EngineOptions } from '../../src/prover/engine/engine.ts';
import { wideTier } from '../../src/prover/engine/kernels/tier-wide.ts';
import { cpuMs, peakBytes } from '../bench/memory.ts';
import { openTab } from '../bench/tab.ts';
import { launchChromium, type PageServer, servePages } from '../helpers/chromium.ts';
import { SeededRandom } from '../helpers/random.ts';
import { isFullRun, runs, testSeed } from '../helpers/scale.ts';
import { smallCircuit, snarkjsProof } from '../prover/engine/circuits.ts';
import { FIELDS, fieldPairs, oracles } from '../prover/engine/field-cases.ts';
import { Ends } from '../prover/engine/hostile-cases.ts';
import { sumCases } from '../prover/engine/sums-cases.ts';
import type { WidePage } from './pages/wide-page.ts';

declare global {
  var widePage: WidePage;
}

/** One to eight threads, their memory shared and private; a share of them in a quick run. */
const configurations: (EngineOptions & { threads: number })[] = [
  { threads: 1 },
  ...(isFullRun ? [2, 3, 4, 5, 6, 7, 8] : [2, 3]).flatMap((threads) => [
    { threads },
    { threads, sharedMemory: false, privateBytes: 2 ** 40 },
  ]),
];

const FLAG = '--js-flags=--wasm-wide-arithmetic';
let server: PageServer;
beforeAll(async () => {
  await buildKernels();
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'pages/wide-page.ts'),
    platform: 'browser',
  });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
  await bundle.close();
  server = await servePages({
    '/': { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' },
    '/page.js': { type: 'text/javascript', body: output[0].code },
  });
});
afterAll(() => server?.close());

async function openPage(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.origin);
  await page.waitForFunction(() => globalThis.widePage !== undefined);
  return page;
}

describe('with wide arithmetic', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchChromium([FLAG]);
    page = await openPage(browser);
  });
  afterAll(() => browser?.close());

  it.each(FIELDS)('%s agrees with BigInt', async (name, modulus) => {
    const pairs = fieldPairs(modulus, wideTier, new SeededRandom(testSeed), runs(5_000, 100_000));
    const [a, b] = [0, 1].map((side) => pairs.map((pair) => `0x${pair[side]!.toString(16)}`));
    for (const [operation, oracle] of Object.entries(oracles(modulus, wideTier))) {
      const results = await page.evaluate(([operation, a, b]) => widePage.field(operation, a, b), [
        `${name}_${operation}`,
        a!,
        b!,
      ] as const);
      const wrong = pairs.findIndex(([x, y], i) => {
        const got = BigInt(results[i]!);
        return got % modulus !== oracle(x, y) || got > modulus + (modulus >> 19n);
      });
      expect([operation, wrong === -1 ? 'right' : pairs[wrong]]).toEqual([operation, 'right']);
    }
  });

  it.each(isFullRun ? [1, 7, 40, 200, 900] : [40])(
    'proves %i rows as snarkjs does, byte for byte',
    async (rows) => {
      const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed + rows), rows);
      const blinding = { r: 2n ** 250n + 77n, s: 1234567890123456789012345678901234567890n };
      const expected = await snarkjsProof(zkey, wtns, blinding);
      for (const options of configurations) {
        const made = await page.evaluate(
          ([zkey, wtns, options, blinding]) => widePage.prove(zkey, wtns, options, blinding),
          [[...zkey], [...wtns], options, { r: `${blinding.r}`, s: `${blinding.s}` }] as [
            number[],
            number[],
            EngineOptions,
            { r: string; s: string },
          ],
        );
        const { threads, sharedMemory = threads > 1 } = options;
        expect(made.timings).toMatchObject({ tier: 'wide', threads, sharedMemory });
        expect([options, made.proof, made.publicSignals]).toEqual([
          options,
          expected.proof,
          expected.publicSignals,
        ]);
      }
    },
    isFullRun ? 600_000 : 120_000,
  );

  it.each([1, 2] as const)('batched additions in degree %i', async (degree) => {
    const scale = { seed: testSeed, most: runs(500, 2048) };
    expect(
      await page.evaluate(([degree, scale]) => widePage.additions(degree, scale), [degree, scale] as const),
    ).toEqual([]);
  });

  it.each(sumCases(isFullRun))('sums of $n points in degree $degree', async (one) => {
    expect(await page.evaluate(([one, seed]) => widePage.sums(one, seed), [one, testSeed] as const)).toEqual(
      [],
    );
  });

  it('equal and opposite points in one batch', async () => {
    expect(await page.evaluate(() => widePage.equalPoints())).toEqual([]);
  });

  it.each([1, 3, 11, 50, runs(300, 2000)])('the quotient of a system of %i rows', async (rows) => {
    const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed + rows), rows);
    expect(
      await page.evaluate(([zkey, wtns]) => widePage.quotient(zkey, wtns), [[...zkey], [...wtns]] as [
        number[],
        number[],
      ]),
    ).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'hostile files end in a proof or a typed error, soon, and leave no memory behind',
    async () => {
      const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed), 12);
      const tab = await openTab(browser, server.origin);
      await tab.until(() => globalThis.widePage !== undefined);
      const prove = (seed: number, count: number) =>
        tab.evaluate(([zkey, wtns, seed, count]) => widePage.hostile(zkey, wtns, seed, count), [
          [...zkey],
          [...wtns],
          seed,
          count,
        ] as [number[], number[], number, number]);
      expect(await prove(0, 0)).toEqual({ proof: 1 });
      const [batches, batch] = [runs(4, 500), 20];
      const ends = new Ends();
      let before = 0;
      for (let i = 0; i < batches; i++) {
        if (i === 2) before = peakBytes(tab.renderer)!;
        const begun = cpuMs(tab.renderer)!;
        const counts = await prove(testSeed + 7 + i, batch);
        // All of them together within what a single one may take.
        expect(cpuMs(tab.renderer)! - begun).toBeLessThan(2_000);
        for (const [end, times] of Object.entries(counts)) ends.add(end, times);
      }
      expect(ends.wrong(batches * batch)).toEqual([]);
      expect(before).toBeGreaterThan(0);
      expect(peakBytes(tab.renderer)! - before).toBeLessThan(256 * 2 ** 20);
    },
    isFullRun ? 1_800_000 : 120_000,
  );

  it('with one wrong constant it is caught by the self-check, and the next tier takes over', async () => {
    const choose = (...args: Parameters<WidePage['chooseBroken']>) =>
      page.evaluate(([args]) => widePage.chooseBroken(...args), [args] as const);
    // Whole it is taken, whichever is the faster.
    expect(await choose('nothing', 'wide')).toEqual({ chosen: 'wide', asked: ['wide'] });
    expect(await choose('kernels', 'wide')).toEqual({ chosen: 'resource.no-tier', asked: ['wide'] });
    const { chosen, asked } = await choose('kernels');
    expect(chosen).toBe('simd128');
    // The faster one is asked for first: wide, unless load says otherwise.
    expect([['wide', 'simd128'], ['simd128']]).toContainEqual(asked);
    expect((await choose('kernels', undefined, ['simd128'])).chosen).toBe('resource.no-tier');
    // Wrong in its probe it is not even asked for.
    expect(await choose('probe')).toEqual({ chosen: 'simd128', asked: ['simd128'] });
  });

  it('is taken where relaxed SIMD is not to be had, before SIMD128', async () => {
    expect(await page.evaluate(() => widePage.choose(undefined, ['fma']))).toBe('wide');
    expect(await page.evaluate(() => widePage.choose(undefined, ['fma', 'wide', 'scalar']))).toBe('simd128');
  });
});

it('is never taken where it does not validate', async () => {
  const browser = await launchChromium();
  try {
    const page = await openPage(browser);
    expect(await page.evaluate(() => widePage.choose('wide', []))).toBe('resource.no-tier');
    expect(['simd128', 'scalar']).toContain(await page.evaluate(() => widePage.choose(undefined, ['fma'])));
    // Which of these two is the faster one is a matter of load.
    expect(await page.evaluate(() => widePage.choose(undefined, ['fma', 'scalar']))).toBe('simd128');
  } finally {
    await browser.close();
  }
});
