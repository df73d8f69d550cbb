// What IndexedDB's failures mean, in words with a next step.
import { GnomonError } from '../core/errors.ts';

/** Says in words what IndexedDB meant; other errors pass through unchanged. */
export function storageError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof GnomonError) return thrown;
  switch (thrown.name) {
    case 'QuotaExceededError':
      return new GnomonError('resource.storage-full', 'There is no room left to save on this device.', {
        nextStep: 'Free some space or remove old proofs, then try again.',
        cause: thrown,
      });
    case 'VersionError':
      return new GnomonError(
        'resource.storage-newer',
        'This storage was made by a newer version of Gnomon.',
        {
          nextStep: 'Reload the page to get the newer version.',
          cause: thrown,
        },
      );
    case 'InvalidStateError':
    case 'SecurityError':
    case 'UnknownError':
      return new GnomonError(
        'resource.storage-unavailable',
        'The browser does not let this page save anything.',
        {
          nextStep: 'Leave private browsing or allow site data for this page, then reload it.',
          cause: thrown,
        },
      );
    default:
      return thrown;
  }
}
