// A backend, a verifier and an input resolver that do what a test tells them, on a virtual clock.
import { GnomonError } from '../../src/core/errors.ts';
import { type ProofResult, RUNGS, type Rung } from '../../src/core/job.ts';
import type { AttemptRequest, Backend, Clock, InputResolver, Verifier } from '../../src/core/ports.ts';

export type Script =
  | { kind: 'prove'; ms: number; valid?: boolean; signals?: string[] }
  | { kind: 'fail'; ms: number; error: GnomonError }
  /** Reports for a while, then says nothing more; still ends when aborted. */
  | { kind: 'silent'; ms: number }
  /** Says nothing more and does not even settle when aborted, as a dead worker does. */
  | { kind: 'dead'; ms: number };

const INVALID = 'invalid on purpose';

export interface ScriptedBackend extends Backend {
  /** Attempts it was given, in order. */
  readonly seen: AttemptRequest[];
  /** Jobs it works on now. */
  readonly working: Set<string>;
}

export interface ScriptedBackendOptions {
  clock: Clock;
  script: (attempt: AttemptRequest) => Script;
  slots?: number;
  rungs?: readonly Rung[];
  kind?: Backend['kind'];
  id?: string;
  silenceLimitsMs?: Backend['silenceLimitsMs'];
}

export function makeScriptedBackend(options: ScriptedBackendOptions): ScriptedBackend {
  const { clock, script, slots = 1, kind = 'local', id = 'local' } = options;
  const seen: AttemptRequest[] = [];
  const working = new Set<string>();
  return {
    id,
    kind,
    label: 'this device',
    rungs: options.rungs ?? RUNGS,
    ...(options.silenceLimitsMs === undefined ? {} : { silenceLimitsMs: options.silenceLimitsMs }),
    seen,
    working,
    capacity: () => ({ slots, busy: working.size }),
    health: () => ({ state: 'ready', reason: null }),
    prove(attempt, signal, onProgress) {
      if (working.size >= slots) throw new Error('Given more than its slots.');
      seen.push(attempt);
      working.add(attempt.jobId);
      const plan = script(attempt);
      return new Promise<ProofResult>((resolve, reject) => {
        let unset = () => {};
        const end = (settle: () => void) => {
          working.delete(attempt.jobId);
          unset();
          settle();
        };
        signal.addEventListener('abort', () => {
          if (plan.kind === 'dead') {
            working.delete(attempt.jobId);
            unset();
          } else {
            end(() => reject(aError('cancelled.aborted')));
          }
        });
        const startMs = clock.monotonicMs();
        onProgress({ stage: 'artifacts', fraction: 1, etaMs: null });
        onProgress({ stage: 'witness', fraction: 1, etaMs: null });
        const step = () => {
          const done = plan.ms === 0 ? 1 : Math.min(1, (clock.monotonicMs() - startMs) / plan.ms);
          if (done < 1 || plan.kind === 'prove') {
            onProgress({ stage: 'proving', fraction: done, etaMs: null });
          }
          if (done < 1) unset = clock.setTimer(plan.ms / 4, step);
          else if (plan.kind === 'fail') end(() => reject(plan.error));
          else if (plan.kind === 'prove') end(() => resolve(proofOf(plan)));
        };
        step();
      });
    },
  };
}

function proofOf({ valid = true, signals = ['1'] }: Extract<Script, { kind: 'prove' }>): ProofResult {
  return {
    proof: {
      pi_a: ['1', '2', '1'],
      pi_b: [
        ['1', '2'],
        ['3', '4'],
        ['1', '0'],
      ],
      pi_c: ['1', '2', '1'],
      protocol: 'groth16',
      curve: 'bn128',
    },
    publicSignals: signals,
    timingsMs: {},
    prover: valid ? 'scripted' : INVALID,
    threads: 1,
  };
}

export function isValid(result: ProofResult): boolean {
  return result.prover !== INVALID;
}

/** Compares public signals, and knows the backend's invalid proofs. */
export const scriptedVerifier: Verifier = {
  async verify({ result, expectedPublicSignals }) {
    const expected = JSON.stringify(expectedPublicSignals ?? result.publicSignals);
    if (JSON.stringify(result.publicSignals) !== expected) {
      return { ok: false, reason: 'signals-differ', detail: 'publicSignals[0]' };
    }
    return isValid(result) ? { ok: true } : { ok: false, reason: 'invalid-proof', detail: 'pairing' };
  },
};

export function makeIdentity(): InputResolver & { locked: boolean } {
  return {
    locked: false,
    async resolve(secrets) {
      if (this.locked) throw aError('input.identity-locked');
      return Object.fromEntries(secrets.map(({ signal }) => [signal, '7']));
    },
  };
}

export function aError(code: ConstructorParameters<typeof GnomonError>[0], retryable?: boolean): GnomonError {
  return new GnomonError(code, 'As the test says.', {
    nextStep: 'Nothing.',
    ...(retryable === undefined ? {} : { retryable }),
  });
}
