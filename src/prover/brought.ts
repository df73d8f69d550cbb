// Artifacts that a person brings as files: they have no address, so they are named by one that nothing is ever
// fetched from, and losing them is an error of its own.
import { GnomonError } from '../core/errors.ts';
import type { Artifact } from '../core/manifest.ts';

const BROUGHT = 'brought:';

export function broughtUrl(name: string): string {
  return `${BROUGHT}${encodeURIComponent(name)}`;
}

export function isBrought({ url }: Artifact): boolean {
  return url.startsWith(BROUGHT);
}

function broughtName(url: string): string {
  try {
    return decodeURIComponent(url.slice(BROUGHT.length));
  } catch {
    return url;
  }
}

export function notKeepable(name: string, full: boolean, thrown: unknown): GnomonError {
  return new GnomonError(
    full ? 'resource.storage-full' : 'resource.storage-unavailable',
    full ? 'There is too little room on this device for this file.' : 'The browser does not keep this file.',
    {
      where: name,
      nextStep: full
        ? 'Drop circuits you no longer need or free some space, then bring it again.'
        : 'Leave private browsing or allow site data for this page, then bring it again.',
      cause: thrown,
    },
  );
}

export function noLongerHere({ url }: Artifact): GnomonError {
  return new GnomonError('artifact.not-kept', 'A file of this circuit is no longer on this device.', {
    where: broughtName(url),
    nextStep: 'Bring the circuit again under Circuits; the same files make it the same circuit.',
    retryable: false,
  });
}
