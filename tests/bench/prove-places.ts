// Where proofs are measured: a Chromium of its own for each prover, cross-origin isolated or not, and a Node
// process of its own for each prover, so that neither caches nor memory mix.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { inAscii } from '../../scripts/ascii.ts';
import { projectFolder } from '../helpers/app.ts';
import { launchChromium, servePages } from '../helpers/chromium.ts';
import { cpuMs, peakBytes } from './memory.ts';
import './pages/prove-bench.ts';
import type { ProcessAnswer } from './prove-process.ts';
import type { Subject } from './prove-subjects.ts';
import type { MeasuredProof, ProverChoice, ProverName } from './provers.ts';
import { openTab } from './tab.ts';

export const PLACES = ['Chromium', 'Chromium, not isolated', 'Node'] as const;
export type Place = (typeof PLACES)[number];

export interface Measurement extends MeasuredProof {
  /** Of all threads; what a busy machine changes least. */
  cpuMs: number | null;
  /** Since the session began, files included. */
  peakBytes: number | null;
}

/** One page or process with one circuit's files loaded. */
export interface Session {
  /** Peak before the first proof. */
  baseBytes: number | null;
  prove(choice: ProverChoice): Promise<Measurement>;
  close(): Promise<void>;
}

export interface OpenPlace {
  /** For one prover. `flags` of the browser; for Chromium only. */
  open(prover: ProverName, flags?: string[]): Promise<Session>;
  close(): Promise<void>;
}

export function openPlace(place: Place, subject: Subject): Promise<OpenPlace> {
  return place === 'Node' ? openNode(subject) : openChromium(subject, place === 'Chromium');
}

/** One file: the kernels are imported when they are chosen, and the server knows only the page. */
async function bundlePage(prover: ProverName): Promise<string> {
  const input = join(import.meta.dirname, `pages/${prover}-page.ts`);
  const bundle = await rolldown({ input, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false, minify: true });
  await bundle.close();
  return inAscii(output[0].code);
}

async function openChromium(subject: Subject, isolated: boolean): Promise<OpenPlace> {
  const page = async (prover: ProverName) => ({
    [`/${prover}`]: {
      type: 'text/html',
      body: `<!doctype html><script type="module" src="/${prover}.js"></script>`,
    },
    [`/${prover}.js`]: { type: 'text/javascript', body: await bundlePage(prover) },
  });
  const files = {
    ...(await page('engine')),
    ...(await page('snarkjs')),
    '/zkey': { type: 'application/octet-stream', body: subject.zkey },
    '/wtns': { type: 'application/octet-stream', body: subject.wtns },
  };
  const server = await servePages(files, { isolated });
  return {
    async open(prover, flags = []) {
      const browser = await launchChromium(flags);
      const tab = await openTab(browser, `${server.origin}/${prover}`);
      await tab.until(() => globalThis.proveBench !== undefined);
      if ((await tab.evaluate(() => crossOriginIsolated)) !== isolated) throw new Error('Wrong isolation.');
      await tab.evaluate(() => proveBench!.load());
      return {
        renderer: tab.renderer,
        baseBytes: peakBytes(tab.renderer),
        async prove(choice) {
          const before = cpuMs(tab.renderer);
          const measured = await tab.evaluate((choice: ProverChoice) => proveBench!.prove(choice), choice);
          const after = cpuMs(tab.renderer);
          return {
            ...measured,
            cpuMs: before === null || after === null ? null : after - before,
            peakBytes: peakBytes(tab.renderer),
          };
        },
        close: () => browser.close(),
      };
    },
    close: () => server.close(),
  };
}

async function openNode(subject: Subject): Promise<OpenPlace> {
  // Bundled, since a loader of TypeScript would count as the prover's memory; below dist/ it finds the packages.
  const script = join(projectFolder, 'dist/bench/prove-process.js');
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'prove-process.ts'),
    platform: 'node',
    external: ['snarkjs'],
  });
  // In pieces: only the measured prover's are loaded.
  await bundle.write({ dir: dirname(script), format: 'esm' });
  await bundle.close();
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-bench-'));
  const paths = ['zkey', 'wtns'].map((name) => join(folder, name));
  writeFileSync(paths[0]!, subject.zkey);
  writeFileSync(paths[1]!, subject.wtns);
  return {
    async open() {
      const child = fork(script, paths, { execArgv: [] });
      const answer = () =>
        new Promise<ProcessAnswer>((resolve, reject) => {
          child.once('message', (message) => resolve(message as ProcessAnswer));
          child.once('exit', (code) => reject(new Error(`The measured process ended with ${code}.`)));
        });
      const ready = await answer();
      return {
        baseBytes: 'ready' in ready ? ready.peakBytes : null,
        async prove(choice) {
          child.send(choice);
          const said = await answer();
          if (!('measured' in said)) throw new Error('failed' in said ? said.failed : 'No answer.');
          return { ...said.measured, cpuMs: said.cpuMs, peakBytes: said.peakBytes };
        },
        async close() {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          child.disconnect();
          await ended;
        },
      };
    },
    async close() {
      rmSync(folder, { recursive: true });
    },
  };
}
