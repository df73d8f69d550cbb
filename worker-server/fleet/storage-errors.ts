// What a queue that fails says, in words that a client can act on.
import { GnomonError } from '../../src/core/errors.ts';
import { nearlyFull } from './refusals.ts';

/** Runs work on the queue; whatever it throws comes out as a GnomonError that may be retried. */
export async function overQueue<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    throw queueError(thrown as Error);
  }
}

export function queueError(error: Error & { code?: string }): GnomonError {
  // 53100 and 53200: PostgreSQL's disk and memory are full.
  if (/^OOM|No space left|disk full|MISCONF/i.test(error.message) || /^53[12]00$/.test(error.code ?? '')) {
    return nearlyFull(error);
  }
  return new GnomonError('resource.fleet-unreachable', 'This fleet’s queue cannot be reached just now.', {
    nextStep: 'Submit the job again in a moment, under the same id.',
    cause: error,
  });
}
