// What a worker server refuses in the same words wherever it is asked: alone or in a fleet, over REST or the WebSocket.
import { GnomonError } from '../src/core/errors.ts';

export function unknownJob(nextStep: string, where?: string): GnomonError {
  return new GnomonError('input.job-unknown', 'There is no such job on this server (any more).', {
    nextStep,
    ...(where === undefined ? {} : { where }),
  });
}

/** `what`: whose room has ended, as a sentence. */
export function queueFull(what: string, nextStep = 'Try again later.', cause?: unknown): GnomonError {
  return new GnomonError('resource.queue-full', what, { nextStep, cause });
}

export function shuttingDown(nextStep: string, who = 'server'): GnomonError {
  return new GnomonError('resource.shutting-down', `This ${who} is shutting down.`, { nextStep });
}
