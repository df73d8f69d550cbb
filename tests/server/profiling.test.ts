// Profiles over REST and on the command line, with real proofs by real processes: who may, what comes out, that jobs go
// first, and that a cancel leaves no child.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCircuits } from '../../circuits/build.ts';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { type ProfileReport, readReport } from '../../src/core/profiler/report.ts';
import { builtCircuits } from '../helpers/app.ts';
import {
  isAlive,
  processGroup,
  type RunningWorkerServer,
  startWorkerServer,
  until,
} from '../helpers/worker-server.ts';

const ALICE = 'alice-token-0123456789';
const ADMIN = 'admin-token-0123456789';
let server: RunningWorkerServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-profile-'));
  await buildServer();
  await buildCircuits({ sizes: [16] });
  server = await startWorkerServer({
    circuitsFolder: builtCircuits,
    env: { TOKEN: `alice=${ALICE}`, ADMIN_TOKEN: ADMIN },
  });
}, 300_000);
/** Groups of the commands, which would outlive a test that was given up. */
const groups: number[] = [];
afterAll(async () => {
  for (const group of groups.filter((one) => processGroup(one).length > 0)) process.kill(-group, 'SIGKILL');
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: unknown, token = ADMIN) {
  const response = await fetch(server.origin + path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('Content-Type')?.includes('json') === true;
  return { status: response.status, text, body: isJson ? JSON.parse(text) : null };
}
const state = async (): Promise<string> => (await call('GET', '/api/profiling/progress')).body.state;
const settled = () => until(async () => !['running', 'waiting'].includes(await state()), 100_000);
const SMALL = { networkSizes: [3], threads: [1], iterations: 2, warmupIterations: 0 };

describe('over REST', () => {
  it('is the operator’s alone, and refuses what cannot be measured', async () => {
    for (const [method, path] of [
      ['POST', 'start'],
      ['POST', 'comprehensive'],
      ['POST', 'cancel'],
      ['POST', 'export/html'],
      ['GET', 'progress'],
      ['GET', 'report'],
    ] as const) {
      expect(await call(method, `/api/profiling/${path}`, undefined, ALICE), path).toMatchObject({
        status: 403,
        body: { error: { code: 'input.forbidden' } },
      });
    }
    const start = (body: unknown) => call('POST', '/api/profiling/start', body);
    expect(await start({ circuitTypes: ['nothing'] })).toMatchObject({ status: 422 });
    expect(await start({ iterations: 0 })).toMatchObject({ status: 400 });
    expect(await start({ iterations: 5, extra: 1 })).toMatchObject({ status: 400 });
    expect(await call('GET', '/api/profiling/report')).toMatchObject({ status: 404 });
    expect(await call('POST', '/api/profiling/export/html')).toMatchObject({ status: 404 });
    expect(await state()).toBe('idle');
  });

  it('measures real proofs, one profile at a time, and gives the same figures as JSON, CSV and page', async () => {
    expect(await call('POST', '/api/profiling/start', SMALL)).toMatchObject({
      status: 202,
      body: { success: true, combinations: 1, proofs: 2 },
    });
    expect(await call('POST', '/api/profiling/comprehensive')).toMatchObject({
      status: 409,
      body: { error: { code: 'resource.profile-running' } },
    });
    // Of the same request: waits for the one that runs.
    const page = await call('POST', '/api/profiling/export/html', SMALL);
    expect(page.status).toBe(200);
    const report = (await call('GET', '/api/profiling/report')).body as ProfileReport;
    expect(readReport(page.text)).toEqual(report);
    expect(report).toMatchObject({
      state: 'complete',
      machine: { kind: 'server', name: null },
      interruptions: 0,
    });
    const [cell] = report.cells;
    expect(cell).toMatchObject({
      circuit: 'reputation-16',
      size: 3,
      prover: 'engine',
      threads: 1,
      error: null,
    });
    expect(cell?.runs).toHaveLength(2);
    for (const run of cell?.runs ?? []) {
      const { witness = 0, proving = 0, verifying = 0 } = run.stagesMs;
      expect(witness).toBeGreaterThan(0);
      expect(proving).toBeGreaterThan(0);
      expect(verifying).toBeGreaterThan(0);
      expect(run.totalMs).toBeGreaterThanOrEqual(witness + proving);
      expect(run.threads).toBe(1);
    }
    // Told on Linux, where this runs; never a guess.
    expect(cell?.figures.peakBytes).toBeGreaterThan(30e6);
    expect(cell?.figures.cpuMs?.mean).toBeGreaterThan(0);
    const csv = await call('GET', '/api/profiling/report?format=csv');
    expect(csv.text).toContain(`"${cell?.figures.totalMs?.p95}"`);
    expect(await call('POST', '/api/profiling/export/html', { report })).toMatchObject({
      status: 200,
      text: page.text,
    });
    expect(await state()).toBe('complete');
    expect(server.output()).not.toContain('"input"');
  }, 120_000);

  it('gives way to a job, and a cancel leaves none of its children', async () => {
    await call('POST', '/api/profiling/start', { ...SMALL, iterations: 200 });
    await until(async () => (await call('GET', '/api/profiling/progress')).body.done >= 1, 60_000);
    const attestation = {
      ...{ source: '0xaa', target: '0xbb', attestation_type: 'trust', weight: 1, created_at: 1.7e12 },
      opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.2, base_rate: 0.5 },
    };
    const proof = call('POST', '/api/proof/generate', { attestations: [attestation] }, ALICE);
    await until(async () => (await state()) === 'waiting', 30_000);
    expect((await proof).body).toMatchObject({ success: true, result: { verified: true } });
    await until(async () => (await state()) === 'running', 30_000);
    await until(async () => (await call('GET', '/api/profiling/progress')).body.stage !== null, 30_000);
    const before = server.children();
    expect(await call('POST', '/api/profiling/cancel')).toMatchObject({ body: { cancelled: true } });
    expect(await state()).toBe('cancelled');
    // Those that verify and that proved the job rest; the profile's own is gone.
    expect(before.filter(isAlive).length).toBe(before.length - 1);
    const report = (await call('GET', '/api/profiling/report')).body as ProfileReport;
    expect(report).toMatchObject({ state: 'cancelled', interruptions: 1 });
    expect(report.cells[0]?.runs.length).toBeGreaterThan(0);
    expect(await call('POST', '/api/profiling/cancel')).toMatchObject({ body: { cancelled: false } });
    await settled();
  }, 180_000);
});

describe('npm run profile', () => {
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, [join(projectFolder, 'dist/cli/profile.js'), ...args], {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    groups.push(child.pid ?? 0);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += String(data)));
    child.stderr.on('data', (data) => (stderr += String(data)));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve)).then((code) => ({
      ...{ code, stdout, stderr },
    }));
    return { pid: child.pid ?? 0, ended, stderr: () => stderr };
  };
  const file = (name: string) => join(folder, name);
  it('measures, says what follows, and writes all three; two reports compare', async () => {
    const args = ['--sizes', '2', '--threads', '1', '--iterations', '3', '--warm-up', '0'];
    const files = ['--html', file('a.html'), '--json', file('a.json'), '--csv', file('a.csv')];
    const { code, stdout, stderr } = await run(...args, ...files).ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('Proofs: 3, combinations: 1'),
    });
    expect(stdout).toMatch(/^2 attestations, engine, 1 thread: .*; 3 proofs\)\.\n/);
    expect(stdout).toContain('Nothing about threads');
    const report = readReport(readFileSync(file('a.json'), 'utf8'));
    expect(readReport(readFileSync(file('a.html'), 'utf8'))).toEqual(report);
    expect(report.machine).toMatchObject({ kind: 'command line', name: null });
    const compared = await run('--compare', file('a.json'), file('a.html')).ended;
    expect(compared.code).toBe(0);
    expect(compared.stdout).toContain('1.00 times as long');
  }, 120_000);

  it('ends at Ctrl-C with what it has and no process left', async () => {
    const running = run('--sizes', '2', '--threads', '2', '--iterations', '400', '--json', file('b.json'));
    await until(() => processGroup(running.pid).length >= 2 && existsSync(`/proc/${running.pid}`), 30_000);
    await new Promise((wake) => setTimeout(wake, 1_000));
    // As a terminal does it: to the whole group.
    process.kill(-running.pid, 'SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('Cancelled') });
    expect(processGroup(running.pid)).toEqual([]);
    expect(readReport(readFileSync(file('b.json'), 'utf8')).state).toBe('cancelled');
  }, 120_000);

  it('says what is wrong with its arguments', async () => {
    const wrong = async (...args: string[]) => run(...args).ended;
    expect(await wrong('--sizes', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--sizes'),
    });
    expect(await wrong('--circuit', 'nothing')).toMatchObject({ code: 2 });
    expect(await wrong('--compare', 'package.json')).toMatchObject({ code: 2 });
    expect(await wrong('--compare', 'package.json', 'package.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('package.json'),
    });
    expect(await wrong('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--compare') });
  });
});
