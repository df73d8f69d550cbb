// The pipeline library as another app gets it: packed and unpacked in an empty folder, compiled against strictly, and
// loaded where there is no page.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../scripts/steps.ts';
import { type PackedLibrary, packLibrary } from '../helpers/pipeline-hosts.ts';

const run = promisify(execFile);
let library: PackedLibrary;
beforeAll(async () => {
  library = await packLibrary();
}, 180_000);
afterAll(() => library?.remove());

const CONSUMER = `
import {
  type Attestation, createGnomon, type Gnomon, performanceProfiler, type ProofJob, type ProofOutcome,
  type ProofPipelineElement, ProofPriority, workerPool,
} from 'gnomon/pipeline';

const attestations: Attestation[] = [];
const client: Gnomon = createGnomon({ circuits: '/circuits/manifest.json', servers: ['https://prover.example'] });
const { signal } = new AbortController();
const { id, done } = await client.submit(
  { attestations, proofType: 'threshold', threshold: 0.6, priority: ProofPriority.HIGH },
  { signal },
);
await client.submit({ bundle: '{}', identity: 'x' });
await client.submit({ circuit: 'sum', input: { a: 1n, b: ['2', [3]] } });
const end: () => void = client.watch(id, (job: ProofJob) => job.progress?.remainingMs, { signal });
client.on('progress', ({ stage, overall }) => [stage.length, overall * 2], { signal });
client.on('error', ({ code, nextStep }) => [code, nextStep]);
const outcome: ProofOutcome = await done;
const element: ProofPipelineElement = document.createElement('proof-pipeline');
element.attestations = attestations;
element.addEventListener('proof', ({ detail }) => detail.publicSignals.length);
element.addEventListener('error', ({ detail }) => detail.nextStep);
workerPool.resize(2);
await workerPool.warm();
// @ts-expect-error: no such event
client.on('done', () => {});
// @ts-expect-error: a priority is a number of ProofPriority
await client.submit({ attestations, priority: 9 });
// @ts-expect-error: circuits need an input
await client.submit({ circuit: 'sum' });
const report = await performanceProfiler.run({ networkSizes: [16], iterations: 3 }, { signal });
const mean: number | undefined = report.cells[0]?.figures.totalMs?.mean;
export { end, mean, outcome };
`;

describe('its types', () => {
  it.each(['bundler', 'nodenext'])('fit a strict program, resolved as %s', async (moduleResolution) => {
    const at = join(library.folder, moduleResolution);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'package.json'), '{"type":"module"}');
    writeFileSync(join(at, 'consumer.ts'), CONSUMER);
    const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext';
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--types', '', '--lib', 'es2022,dom'];
    const args = [...options, '--module', module, '--moduleResolution', moduleResolution, 'consumer.ts'];
    const tsc = join(projectFolder, 'node_modules/.bin/tsc');
    const complaints = await run(tsc, args, { cwd: at }).then(
      () => '',
      (thrown: { stdout: string }) => thrown.stdout,
    );
    expect(complaints).toBe('');
  });
});

describe('what is packed', () => {
  it('can be imported where there is no page, as a server that renders pages does', async () => {
    const file = join(library.folder, 'program.mjs');
    writeFileSync(
      file,
      `import * as library from 'gnomon/pipeline';
       console.log(JSON.stringify([Object.keys(library).sort(), library.ProofPriority, library.workerPool.size]));`,
    );
    const { stdout, stderr } = await run(process.execPath, [file], { cwd: library.folder });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([
      ['ProofPriority', 'createGnomon', 'performanceProfiler', 'useWorkerFile', 'workerPool'],
      { LOW: 0, NORMAL: 1, HIGH: 2, CRITICAL: 3 },
      1,
    ]);
  });

  it('has no snarkjs in it', () => {
    for (const name of ['pipeline.js', 'pipeline-worker.js']) {
      const text = readFileSync(join(library.package, name), 'utf8');
      expect([name, /ffjavascript|wasmcurves|multiexpAffine|queueAction/.test(text)]).toEqual([name, false]);
    }
  });
});
