// What every Backend promises, as plain cases, so that Vitest and a page in a real browser can both run
// them.
import { GnomonError } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { type Progress, type ProofResult, STAGES } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { AttemptRequest, Backend } from '../../src/core/ports.ts';

export interface BackendHarness {
  backend: Backend;
  circuit: CircuitEntry;
  /** Satisfies the circuit. Its signal `a` must show up nowhere. */
  input: CircuitInput;
  publicSignals: string[];
  /** Strict verification of what came back. */
  verifies(result: ProofResult): Promise<boolean>;
  /** Circuits are named by digest to someone who has their own: one that it does not have is refused as such. */
  ownCircuits?: boolean;
  /** Ends what proves without any event, as running out of memory does; null where that cannot be done. */
  kill: (() => void) | null;
  /** Threads, workers, children or requests that are alive and not idle; null where nobody can tell. */
  active: (() => number) | null;
  close(): Promise<void>;
}

export interface BackendCase {
  name: string;
  /** False: the harness lacks what the case needs, so nothing was tested. */
  run(harness: BackendHarness): Promise<boolean>;
}

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Expected: ${what}`);
}

function attemptOf(
  { circuit, input, backend }: BackendHarness,
  change: Partial<AttemptRequest> = {},
): AttemptRequest {
  return {
    jobId: `job-${Math.random()}`,
    number: 1,
    circuit,
    input,
    rung: backend.rungs[0]!,
    deadlineMs: 60_000,
    ...(backend.kind === 'remote' ? { leaves: { secrets: false } } : {}),
    ...change,
  };
}

interface Run {
  result: ProofResult | null;
  error: GnomonError | null;
  progress: Progress[];
}

async function run(
  harness: BackendHarness,
  attempt: AttemptRequest,
  signal = new AbortController().signal,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Run> {
  const progress: Progress[] = [];
  try {
    const result = await harness.backend.prove(attempt, signal, (report) => {
      progress.push(report);
      onProgress(report);
    });
    return { result, error: null, progress };
  } catch (thrown) {
    if (!(thrown instanceof GnomonError)) throw thrown;
    return { result: null, error: thrown, progress };
  }
}

function expectFree({ backend, active }: BackendHarness): void {
  expect(backend.capacity().busy === 0, 'a settled attempt frees its slot');
  if (active !== null) expect(active() === 0, 'a settled attempt leaves nothing running');
}

async function expectProves(harness: BackendHarness, change: Partial<AttemptRequest> = {}): Promise<Run> {
  const done = await run(harness, attemptOf(harness, change));
  if (done.error !== null) throw done.error;
  expect(done.result !== null && (await harness.verifies(done.result)), 'the proof verifies');
  expectFree(harness);
  return done;
}

function expectSilentAbout(harness: BackendHarness, value: unknown): void {
  const text = JSON.stringify(value);
  const secret = BigInt(harness.input.a as string);
  for (const form of [secret.toString(), secret.toString(16)]) {
    expect(!text.toLowerCase().includes(form), 'no input value in errors or progress');
  }
}

export const backendCases: BackendCase[] = [
  {
    name: 'proves on each of its rungs, and the proofs verify',
    async run(harness) {
      expect(harness.backend.rungs.length > 0, 'at least one rung');
      for (const rung of harness.backend.rungs) {
        const { result } = await expectProves(harness, { rung });
        expect(`${result?.publicSignals}` === `${harness.publicSignals}`, 'the witness’s public signals');
        expect(
          (result?.threads ?? 0) >= 1 && result?.prover !== '',
          'says who proved, with how many threads',
        );
        for (const stage of ['artifacts', 'witness', 'proving'] as const) {
          expect((result?.timingsMs[stage] ?? -1) >= 0, `a time for ${stage}`);
        }
      }
      return true;
    },
  },
  {
    name: 'reports each stage in order, from its beginning, never going back',
    async run(harness) {
      const { progress } = await expectProves(harness);
      const stages = [...new Set(progress.map(({ stage }) => stage))];
      expect(`${stages}` === `${STAGES.slice(0, 3)}`, 'artifacts, witness, proving');
      for (const stage of stages) {
        const fractions = progress.filter((report) => report.stage === stage).map(({ fraction }) => fraction);
        expect(fractions[0]! <= fractions.at(-1)! && fractions.at(-1)! <= 1, `${stage} within 0…1`);
        expect(`${[...fractions].sort((a, b) => a - b)}` === `${fractions}`, `${stage} never goes back`);
      }
      const order = progress.map(({ stage }) => STAGES.indexOf(stage));
      expect(`${[...order].sort((a, b) => a - b)}` === `${order}`, 'stages never go back');
      expectSilentAbout(harness, progress);
      return true;
    },
  },
  {
    name: 'starts nothing when the signal has been aborted before',
    async run(harness) {
      const { error, progress } = await run(harness, attemptOf(harness), AbortSignal.abort());
      expect(error?.code === 'cancelled.aborted', 'cancelled.aborted');
      expect(progress.length === 0, 'no progress');
      expectFree(harness);
      return true;
    },
  },
  {
    name: 'ends at once when it is aborted in any stage, says nothing after, and can prove again',
    async run(harness) {
      for (const stage of STAGES.slice(0, 3)) {
        const controller = new AbortController();
        const after: Progress[] = [];
        const { error } = await run(harness, attemptOf(harness), controller.signal, (report) => {
          if (controller.signal.aborted) after.push(report);
          if (report.stage === stage) controller.abort();
        });
        expect(error?.code === 'cancelled.aborted', `cancelled.aborted in ${stage}`);
        expectFree(harness);
        await new Promise((wake) => setTimeout(wake, 150));
        expect(after.length === 0, 'no progress after the abort');
      }
      await expectProves(harness);
      return true;
    },
  },
  {
    name: 'refuses more than its slots, and the running attempts go on',
    async run(harness) {
      const { slots, busy } = harness.backend.capacity();
      expect(slots >= 1 && busy === 0, 'idle, with a slot');
      const running = Array.from({ length: slots }, () => run(harness, attemptOf(harness)));
      expect(harness.backend.capacity().busy === slots, 'all slots busy');
      const { error } = await run(harness, attemptOf(harness));
      expect(error?.code === 'backend.busy' && error.retryable, 'backend.busy, to be tried again');
      for (const { result } of await Promise.all(running)) {
        expect(result !== null && (await harness.verifies(result)), 'the others end well');
      }
      expectFree(harness);
      return true;
    },
  },
  {
    name: 'answers a wrong input by name, for good, without its values',
    async run(harness) {
      const { input } = harness;
      const wrong: [CircuitInput, string][] = [
        [{ ...input, c: '1' }, 'witness.unsatisfied'],
        [{ ...input, a: `${BigInt(input.a as string)}7` }, 'witness.unsatisfied'],
        [{ ...input, b: [input.a as string] }, 'input.signal-length'],
        [{ ...input, a: `x${input.a}` }, 'input.signal-malformed'],
        [{ ...input, other: input.a as string }, 'input.signal-unknown'],
        [{ a: input.a as string }, 'input.signal-missing'],
      ];
      for (const [bad, code] of wrong) {
        const { error } = await run(harness, attemptOf(harness, { input: bad }));
        expect(error?.code === code, `${code}, not ${error?.code}`);
        expect(!error.retryable, `${code} is not retried`);
        expectSilentAbout(harness, error.toData());
        expectFree(harness);
      }
      await expectProves(harness);
      return true;
    },
  },
  {
    name: 'refuses artifacts with another digest, and those that are not there',
    async run(harness) {
      const { artifacts } = harness.circuit;
      const other = (zkey: Partial<typeof artifacts.zkey>): CircuitEntry => ({
        ...harness.circuit,
        artifacts: { ...artifacts, zkey: { ...artifacts.zkey, ...zkey } },
      });
      const cases: [CircuitEntry, string][] = [
        [other({ sha256: '0'.repeat(64) }), 'artifact.digest-mismatch'],
        [other({ sha256: '1'.repeat(64), url: 'absent.zkey' }), 'artifact.not-found'],
        [other({ sha256: '2'.repeat(64), bytes: 10 }), 'artifact.too-long'],
        [other({ ...artifacts.wasm }), 'circuit.zkey'],
      ];
      for (const [circuit, fetched] of cases) {
        const code = harness.ownCircuits === true ? 'circuit.not-offered' : fetched;
        if (
          harness.ownCircuits === true &&
          circuit.artifacts.zkey.sha256 === harness.circuit.artifacts.zkey.sha256
        )
          continue;
        const { error } = await run(harness, attemptOf(harness, { circuit }));
        expect(error?.code === code, `${code}, not ${error?.code}`);
        expect(error.nextStep !== '', 'a next step');
        expectFree(harness);
      }
      return true;
    },
  },
  {
    name: 'notices that what proves has died without a word, and can prove again',
    async run(harness) {
      const { kill } = harness;
      if (kill === null) return false;
      let killed = false;
      const { error } = await run(harness, attemptOf(harness), undefined, () => {
        if (!killed) kill();
        killed = true;
      });
      expect(error?.code === 'backend.died' && error.retryable, `backend.died, not ${error?.code}`);
      expectFree(harness);
      await expectProves(harness);
      return true;
    },
  },
];
