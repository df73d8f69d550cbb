// Runs one claimed attempt: secrets in, proof out, verified. Always ends, whatever the backend does:
// by its result, its error, the watchdog, the deadline, or an abort.
import { type ErrorData, GnomonError, toErrorData } from './errors.ts';
import { type MadeHow, type Progress, type ProofResult, STAGES, type Stage } from './job.ts';
import type { Backend, Claim, Clock, ExpectSignals, InputResolver, Verifier } from './ports.ts';
import { INVALID_PROOF, isAboutInput, STAYS_HERE, WRONG_PROOF, WRONG_REFUSAL } from './retry.ts';
import { makeTimeLeft, type Ratios, type StageTimes } from './time-left.ts';

export interface AttemptSurroundings {
  clock: Clock;
  inputs: InputResolver;
  verifier: Verifier;
  backend: Backend;
  /** Holds remotes to what is worked out here, for jobs that come without expected signals. */
  expect?: ExpectSignals | undefined;
  /** This machine could prove it as well: what fails here is then tried here, without anything having left. */
  mayStay: boolean;
  /** Counted from the end of `artifacts`: a download is slow or fast with the network, and has its own
   * watchdog. */
  deadlineMs: number;
  /** What runs like this one took, for the time left. */
  expected: StageTimes;
  /** How far runs have been off that; left out: not known. */
  spread?: Ratios | undefined;
}

export type AttemptEnd =
  /** `proveMs`: what the proof took, by this machine's clock where another made it. */
  | { kind: 'proved'; result: ProofResult; proveMs: number; made: MadeHow | null }
  /** `ours`: not the backend's doing, so that this is no word of its. */
  | { kind: 'error'; error: ErrorData; untrusted: boolean; ours?: true }
  | { kind: 'aborted' };

/** No attempt gets less than this (scheduler.md). */
export const MIN_DEADLINE_MS = 120_000;
/** A device that was never measured may be a slow phone, and one that was may do much else meanwhile: neither is
 * a hang. */
const DEADLINE_FACTOR = 20;

/** From the prediction; loading does not count towards it. */
export function deadlineMsFor({ witness, proving, verifying }: StageTimes): number {
  return Math.max(MIN_DEADLINE_MS, DEADLINE_FACTOR * (witness + proving + verifying));
}

/** How long a stage may say nothing. Proving reports every 100 ms; the others have steps that block.
 * Backends know their workers better and watch them closer; this is what holds when they do not. */
const SILENCE_LIMITS_MS: Record<Stage, number> = {
  artifacts: 60_000,
  witness: 30_000,
  proving: 8_000,
  verifying: 30_000,
};

/** Steps that block grow with the circuit: the witness takes about 8 µs for each variable on the 2-core
 * reference machine, and a phone several times that. */
const SILENCE_MS_PER_CONSTRAINT = 0.05;

const TICK_MS = 500;
/** A late tick (a hidden tab, a laptop that slept) counts as this much at most: the worker slept too, and
 * must get its chance to speak before it is called dead. */
const TICK_COUNTS_MS = 4 * TICK_MS;
/** How long an aborted backend may take to wind up before it is left behind. */
const GRACE_MS = 5_000;
/** One for all: making one for each attempt takes a twentieth of what giving out a job takes. */
const OVER = new DOMException('The attempt has ended.', 'AbortError');

export async function runAttempt(
  claim: Claim,
  around: AttemptSurroundings,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<AttemptEnd> {
  const { clock, backend } = around;
  const ending = new AbortController();
  const limits = { ...SILENCE_LIMITS_MS };
  const { constraints } = claim.job.circuit;
  for (const stage of ['witness', 'proving'] as const)
    limits[stage] += constraints * SILENCE_MS_PER_CONSTRAINT;
  Object.assign(limits, backend.silenceLimitsMs);
  let last: Progress = { stage: 'artifacts', fraction: 0, etaMs: null };
  let silentMs = 0;
  let provingMs = 0;
  let open = true;
  const timeLeft = makeTimeLeft(around.expected, clock.monotonicMs(), {
    ...(around.spread === undefined ? {} : { spread: around.spread }),
    wholeEta: backend.kind === 'remote',
  });

  const report = (next: Progress): void => {
    if (!open) return;
    silentMs = 0;
    const ahead = forward(last, next);
    if (ahead === null) return;
    last = ahead;
    const { ms: etaMs, ...etaWithin } = timeLeft.at(ahead, clock.monotonicMs());
    onProgress({ ...ahead, etaMs, etaWithin });
  };

  let stop: (end: AttemptEnd) => void = () => {};
  const stopped = new Promise<AttemptEnd>((resolve) => {
    stop = resolve;
  });
  const onAbort = () => stop({ kind: 'aborted' });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();

  let tickedAtMs = clock.monotonicMs();
  let unsetTick = () => {};
  const tick = (): void => {
    const nowMs = clock.monotonicMs();
    const passedMs = Math.min(nowMs - tickedAtMs, TICK_COUNTS_MS);
    tickedAtMs = nowMs;
    silentMs += passedMs;
    if (last.stage !== 'artifacts') provingMs += passedMs;
    if (silentMs >= limits[last.stage]) stop({ kind: 'error', error: silent(last.stage), untrusted: false });
    else if (provingMs >= around.deadlineMs) stop({ kind: 'error', error: tooSlow(), untrusted: false });
    else unsetTick = clock.setTimer(TICK_MS, tick);
  };
  unsetTick = clock.setTimer(TICK_MS, tick);

  const work: Promise<AttemptEnd> = signal.aborted
    ? stopped
    : proveAndVerify(claim, around, ending.signal, report).catch((thrown) => ({
        kind: 'error',
        error: toErrorData(thrown),
        untrusted: false,
      }));
  const end = await Promise.race([stopped, work]);
  open = false;
  unsetTick();
  signal.removeEventListener('abort', onAbort);
  ending.abort(OVER);
  // A dead worker's promise may never settle; a living one frees its slot first.
  let unsetGrace = () => {};
  const grace = new Promise<void>((resolve) => {
    unsetGrace = clock.setTimer(GRACE_MS, resolve);
  });
  await Promise.race([work, grace]);
  unsetGrace();
  return end;
}

async function proveAndVerify(
  claim: Claim,
  { clock, inputs, verifier, backend, deadlineMs, expect, mayStay }: AttemptSurroundings,
  signal: AbortSignal,
  report: (progress: Progress) => void,
): Promise<AttemptEnd> {
  const { job } = claim;
  const attempt = job.attempts.at(-1);
  if (attempt === undefined) throw new TypeError('A claim without an attempt.');
  const secrets = job.secrets.length === 0 ? {} : await inputs.resolve(job.secrets);
  const input = { ...claim.input, ...secrets };
  const leaves = backend.kind === 'remote';
  let { expectedPublicSignals } = job;
  let calculated = false;
  if (leaves && expectedPublicSignals === null && expect !== undefined) {
    const onAlive = () => report({ stage: 'artifacts', fraction: 0, etaMs: null });
    onAlive();
    const what = { jobId: job.id, circuit: job.circuit, input };
    try {
      ({ publicSignals: expectedPublicSignals, calculated } = await expect(what, signal, onAlive));
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = toErrorData(thrown);
      if (mayStay) throw unexpectable(backend, error);
      return { kind: 'error', error, untrusted: false, ours: true };
    }
  }
  const request = {
    jobId: job.id,
    number: attempt.number,
    circuit: job.circuit,
    input,
    rung: attempt.rung,
    deadlineMs,
    ...(leaves ? { leaves: { secrets: job.secrets.length > 0 } } : {}),
    ...(leaves && expectedPublicSignals !== null ? { expectedPublicSignals } : {}),
  };
  const beganMs = clock.monotonicMs();
  const { made = null, ...result } = await backend.prove(request, signal, report).catch((thrown) => {
    const told = toErrorData(thrown);
    // Where this machine could prove it as well, that is what says whether it is so.
    throw calculated && !mayStay && isAboutInput(told) ? wrongRefusal(backend, told) : thrown;
  });
  report({ stage: 'verifying', fraction: 0, etaMs: null });
  const startedMs = clock.monotonicMs();
  const asked = { circuit: job.circuit, result, expectedPublicSignals };
  const verdict = await verifier.verify(asked, signal).catch((thrown: unknown) => {
    if (signal.aborted) throw thrown;
    return toErrorData(thrown);
  });
  if ('code' in verdict) return { kind: 'error', error: verdict, untrusted: false, ours: true };
  if (!verdict.ok) return refused(verdict, backend);
  report({ stage: 'verifying', fraction: 1, etaMs: 0 });
  const verifying = clock.monotonicMs() - startedMs;
  const { witness = 0, proving = 0 } = result.timingsMs;
  const proveMs = leaves
    ? Math.max(1, startedMs - beganMs - (backend.outlook?.(job.circuit).reachMs ?? 0))
    : witness + proving;
  const timingsMs = { ...result.timingsMs, verifying };
  return { kind: 'proved', result: { ...result, timingsMs }, proveMs, made };
}

function refused(
  verdict: { reason: 'signals-differ' | 'invalid-proof'; detail: string },
  backend: Backend,
): AttemptEnd {
  // Another machine may have sent anything; ours can only have been given a wrong input.
  if (backend.kind !== 'remote' && verdict.reason === 'signals-differ') {
    const error = new GnomonError(
      'witness.signals-differ',
      'The proof shows something else than was asked.',
      {
        nextStep: 'Check that the input and the terms belong together, and start again from the claim.',
        where: verdict.detail,
      },
    );
    return { kind: 'error', error: error.toData(), untrusted: false };
  }
  if (backend.kind === 'remote') {
    const error = new GnomonError(WRONG_PROOF, `The proof made by ${backend.label} is wrong.`, {
      nextStep: 'That server is set aside, and the proof is made elsewhere.',
      where: verdict.detail,
    });
    return { kind: 'error', error: error.toData(), untrusted: true };
  }
  const error = new GnomonError(INVALID_PROOF, `The proof made by ${backend.label} does not verify.`, {
    nextStep: 'It is proved again in another way.',
    where: verdict.detail,
  });
  return { kind: 'error', error: error.toData(), untrusted: false };
}

/** The input may be wrong, or its circuit out of reach: a run here says which. */
function unexpectable(backend: Backend, cause: ErrorData): GnomonError {
  return new GnomonError(
    STAYS_HERE,
    `What the proof must show could not be worked out here, so nothing was sent to ${backend.label}.`,
    { nextStep: 'It is proved on this device.', where: cause.code, retryable: true },
  );
}

function wrongRefusal(backend: Backend, told: ErrorData): GnomonError {
  return new GnomonError(
    WRONG_REFUSAL,
    `${backend.label} finds fault with the input, from which all was worked out here without one.`,
    { nextStep: 'It is proved elsewhere.', where: told.code, retryable: true },
  );
}

/** Progress never goes back: null when `next` says nothing new. */
function forward(last: Progress, next: Progress): Progress | null {
  const [from, to] = [STAGES.indexOf(last.stage), STAGES.indexOf(next.stage)];
  if (to < from || Number.isNaN(next.fraction)) return null;
  const fraction = Math.min(1, Math.max(to === from ? last.fraction : 0, next.fraction));
  const { stage, etaMs, waitsFor } = next;
  return { stage, fraction, etaMs, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

const DOING: Record<Stage, string> = {
  artifacts: 'getting the circuit',
  witness: 'working out the numbers',
  proving: 'making the proof',
  verifying: 'checking the proof',
};

function silent(stage: Stage): ErrorData {
  return new GnomonError('backend.died', `The prover stopped answering while ${DOING[stage]}.`, {
    nextStep: 'It is tried again with less of the device. Closing other tabs can help.',
  }).toData();
}

function tooSlow(): ErrorData {
  return new GnomonError('resource.deadline', 'Proving took far longer than it should.', {
    nextStep: 'Close other programs and try again.',
  }).toData();
}
