// The kernels for wide arithmetic, in a Chromium that has it behind its flag: against BigInt, and whole proofs against
// the reference. A Chromium without the flag must never take them.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKernels } from '../../scripts/kernels.ts';
import { wideTier } from '../../src/prover/engine/kernels/tier-wide.ts';
import { launchChromium, type PageServer, servePages } from '../helpers/chromium.ts';
import { SeededRandom } from '../helpers/random.ts';
import { isFullRun, runs, testSeed } from '../helpers/scale.ts';
import { smallCircuit, snarkjsProof } from '../prover/engine/circuits.ts';
import { FIELDS, fieldPairs, oracles } from '../prover/engine/field-cases.ts';
import type { WidePage } from './pages/wide-page.ts';

declare global {
  var widePage: WidePage;
}

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
      for (const threads of [1, 2]) {
        const made = await page.evaluate(
          ([zkey, wtns, threads, blinding]) => widePage.prove(zkey, wtns, threads, blinding),
          [[...zkey], [...wtns], threads, { r: `${blinding.r}`, s: `${blinding.s}` }] as [
            number[],
            number[],
            number,
            { r: string; s: string },
          ],
        );
        expect(made.timings).toMatchObject({ tier: 'wide', threads });
        expect([made.proof, made.publicSignals]).toEqual([expected.proof, expected.publicSignals]);
      }
    },
  );

  it('is taken where relaxed SIMD is not to be had, before SIMD128', async () => {
    expect(await page.evaluate(() => widePage.choose(undefined, ['fma']))).toBe('wide');
    expect(await page.evaluate(() => widePage.choose(undefined, ['fma', 'wide']))).toBe('simd128');
  });
});

it('is never taken where it does not validate', async () => {
  const browser = await launchChromium();
  try {
    const page = await openPage(browser);
    expect(await page.evaluate(() => widePage.choose('wide', []))).toBe('resource.no-tier');
    expect(await page.evaluate(() => widePage.choose(undefined, ['fma']))).toBe('simd128');
  } finally {
    await browser.close();
  }
});
