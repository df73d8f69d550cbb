// What a gateway does not take, and what to do instead.
import { type ErrorData, GnomonError } from '../../src/core/errors.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { WRONG_REFUSAL } from '../../src/core/retry.ts';
import { queueFull, shuttingDown } from '../refusals.ts';

export function onlyProves(): GnomonError {
  return new GnomonError('resource.only-proves', 'This machine of the fleet only proves.', {
    nextStep: 'Send the job to a gateway.',
  });
}

export function takesNoWitness(): GnomonError {
  return new GnomonError('protocol.witness', 'A fleet computes witnesses itself.', {
    nextStep: 'Send the input instead, sealed if you like.',
  });
}

export function nearlyFull(cause?: unknown): GnomonError {
  const nextStep = 'Try again later; what was taken is kept.';
  return queueFull('This fleet’s queue has no room for another job.', nextStep, cause);
}

export function unknownKey(): GnomonError {
  return new GnomonError(
    'protocol.key-unknown',
    'The input is sealed to a key that this fleet does not have.',
    {
      nextStep: 'Seal it to the key of the newest welcome or ping, and submit it again.',
      retryable: true,
    },
  );
}

export function goingAway(): GnomonError {
  return shuttingDown('Submit the job again, here in a moment or at another gateway.', 'gateway');
}

/** `isKnown`: some prover has the circuit. */
export function neverTaken(circuitId: string, isKnown: boolean): GnomonError {
  const why = isKnown ? 'none was free for it' : 'none of them has its circuit';
  const ask = isKnown ? 'more provers' : `a prover with the circuit ${circuitId}`;
  return new GnomonError(
    'resource.never-taken',
    `No prover of this fleet took the job within a day: ${why}. Its input has been deleted.`,
    { nextStep: `Ask the operator for ${ask}, and submit it again, under the same id.`, retryable: true },
  );
}

export function lostJob(): GnomonError {
  return new GnomonError('resource.job-lost', 'This fleet’s queue no longer has the job.', {
    nextStep: 'Submit it again, under the same id.',
    retryable: true,
  });
}

export function unreadable(): GnomonError {
  return new GnomonError('internal.input-unreadable', 'The sealed input cannot be opened with its key.', {
    nextStep: 'Submit the job again.',
  });
}

/** A job without expected public signals, at a gateway without the circuit's calculator. */
export function cannotTell({ id, artifacts }: CircuitEntry): GnomonError {
  return new GnomonError(
    'artifact.not-found',
    `This gateway cannot work out what a proof of the circuit ${id} must show: it lacks the circuit’s calculator.`,
    {
      where: artifacts.wasm.url,
      nextStep:
        'Ask whoever runs this fleet to put that file on its gateways too; over WebSocket, expectedPublicSignals spares it.',
      retryable: false,
    },
  );
}

/** A gateway has worked out the witness of the input that a prover finds fault with. */
export function wrongRefusal({ code }: ErrorData): GnomonError {
  return new GnomonError(WRONG_REFUSAL, 'A prover finds fault with the input, which the circuit takes.', {
    where: code,
    nextStep: 'Another one tries.',
    retryable: true,
  });
}

/** What the proof of a job must show was not worked out within the offer's time. */
export function unchecked(cause: ErrorData): GnomonError {
  return new GnomonError(
    'resource.unchecked',
    `A proof was made, but what it must show could not be worked out within its time, so that it does not count. ${cause.message}`,
    {
      where: cause.where ?? cause.code,
      nextStep:
        'Ask whoever runs this fleet to look into its gateways’ logs; over WebSocket, expectedPublicSignals spares them that.',
      retryable: true,
    },
  );
}
