// Peak memory as a page's user meets it: a page that proves from addresses, once with the library as it is built and
// once with snarkjs' own bundle for browsers, beside a page that does nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groth16 as verifier } from 'snarkjs';
import { buildLibrary } from '../../scripts/lib-steps.ts';
import { readProvingKey } from '../../src/prover/engine/zkey.ts';
import { projectFolder } from '../helpers/app.ts';
import { launchChromium, servePages } from '../helpers/chromium.ts';
import { peakBytes } from './memory.ts';
import { type Subject, subject } from './prove-subjects.ts';
import { openTab } from './tab.ts';

export interface UserPageRow {
  page: 'empty' | 'gnomon' | 'snarkjs';
  /** Of the whole renderer process, after the last proof. */
  peakBytes: number | null;
}

interface Groth16 {
  prove(zkey: string, wtns: string): Promise<{ proof: unknown; publicSignals: string[] }>;
}

const html = (script: string) => `<!doctype html><title>page</title>${script}`;
const SCRIPTS: Record<UserPageRow['page'], string> = {
  empty: '',
  gnomon: `<script type="module">import { groth16 } from './gnomon.js'; globalThis.groth16 = groth16;</script>`,
  snarkjs: `<script src="/snarkjs.min.js"></script><script>globalThis.groth16 = snarkjs.groth16;</script>`,
};

/** A fresh browser for each page; `proofs` in a row, each verified. Null when the circuit's files are not there. */
export async function benchUserPage(
  circuit: string,
  proofs: number,
  say: (line: string) => void,
): Promise<{ circuit: string; domain: number; rounds: number; rows: UserPageRow[] } | null> {
  const found = await subject(circuit);
  if (found === null) return null;
  say(`${circuit} in pages that prove from addresses`);
  const { domain } = readProvingKey(found.zkey);
  return { circuit, domain, rounds: proofs, rows: await measurePages(found, proofs) };
}

async function measurePages({ zkey, wtns, vkey }: Subject, proofs: number): Promise<UserPageRow[]> {
  await buildLibrary();
  const script = (path: string) => ({
    type: 'text/javascript',
    body: readFileSync(join(projectFolder, path)),
  });
  const server = await servePages({
    ...Object.fromEntries(
      Object.entries(SCRIPTS).map(([page, tag]) => [`/${page}`, { type: 'text/html', body: html(tag) }]),
    ),
    '/gnomon.js': script('dist/lib/gnomon.js'),
    '/snarkjs.min.js': script('node_modules/snarkjs/build/snarkjs.min.js'),
    '/zkey': { type: 'application/octet-stream', body: zkey },
    '/wtns': { type: 'application/octet-stream', body: wtns },
  });
  const rows: UserPageRow[] = [];
  try {
    for (const page of ['empty', 'gnomon', 'snarkjs'] as const) {
      const browser = await launchChromium();
      try {
        const tab = await openTab(browser, `${server.origin}/${page}`);
        await tab.until(() => document.readyState === 'complete');
        for (let i = 0; page !== 'empty' && i < proofs; i++) {
          await tab.until(() => 'groth16' in globalThis);
          const made = await tab.evaluate(() =>
            (globalThis as unknown as { groth16: Groth16 }).groth16.prove('/zkey', '/wtns'),
          );
          if (!(await verifier.verify(vkey, made.publicSignals, made.proof)))
            throw new Error(`${page} made a proof that does not verify.`);
        }
        rows.push({ page, peakBytes: peakBytes(tab.renderer) });
      } finally {
        await browser.close();
      }
    }
  } finally {
    await server.close();
  }
  return rows;
}
