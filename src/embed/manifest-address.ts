// Where circuits come from, as a whole address.
import { GnomonError } from '../core/errors.ts';

/** Throws `input.circuits`. */
export function manifestAddress(given: string | URL = '/circuits/manifest.json'): string {
  const text = String(given);
  if (URL.canParse(text, document.baseURI)) return new URL(text, document.baseURI).href;
  throw new GnomonError('input.circuits', 'This is no address of a list of circuits.', {
    where: 'circuits',
    nextStep: 'Give the address of a manifest.json.',
  });
}
