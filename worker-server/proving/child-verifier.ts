// The scheduler's Verifier: strict verification in a child of its own, so that a second of pairings does not
// stop the server from answering.
import { GnomonError } from '../../src/core/errors.ts';
import type { VerificationRequest, Verifier } from '../../src/core/ports.ts';
import { type Verification, verdictOf } from '../../src/prover/strict-verify.ts';
import type { Child } from './child.ts';
import type { VerifyOrder, VerifyReport } from './orders.ts';

export interface ChildVerifier extends Verifier {
  close(): Promise<void>;
}

interface Waiting {
  resolve: (verification: Verification) => void;
  reject: (error: GnomonError) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** Two verifiers take a tenth of a second; a child that takes this long has died or hangs. */
const LIMIT_MS = 30_000;

export function makeChildVerifier(circuitsFolder: string, spawn: () => Child): ChildVerifier {
  let child: Child | null = null;
  let nextId = 1;
  const waiting = new Map<number, Waiting>();

  function failAll(): void {
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(lost());
    }
    waiting.clear();
  }

  function running(): Child {
    if (child !== null && !child.dead()) return child;
    const started = spawn();
    started.onMessage = (message) => {
      const { id, outcome } = message as VerifyReport;
      const asked = waiting.get(id);
      if (asked === undefined) return;
      waiting.delete(id);
      clearTimeout(asked.timer);
      if (outcome.ok) asked.resolve(outcome.value);
      else asked.reject(GnomonError.fromData(outcome.error));
    };
    started.onDeath = () => {
      if (child === started) child = null;
      failAll();
    };
    child = started;
    return started;
  }

  function ask(request: VerificationRequest): Promise<Verification> {
    const id = nextId++;
    const { circuit, result, expectedPublicSignals } = request;
    const { proof, publicSignals } = result;
    const order: VerifyOrder = { id, circuitsFolder, circuit, publicSignals, proof, expectedPublicSignals };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => void child?.end(), LIMIT_MS);
      waiting.set(id, { resolve, reject, timer });
      running().send(order);
    });
  }

  return {
    async verify(request, signal) {
      const verification = await ask(request);
      if (signal.aborted) {
        throw new GnomonError('cancelled.aborted', 'Verifying was cancelled.', {
          nextStep: 'Start it again when you like.',
        });
      }
      return verdictOf(verification);
    },
    async close() {
      await child?.end();
    },
  };
}

function lost(): GnomonError {
  return new GnomonError('backend.verifier-died', 'The process that verifies ended unexpectedly.', {
    nextStep: 'It is tried again.',
  });
}
