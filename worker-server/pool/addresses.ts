// Which addresses a pool may connect to: whoever registers a worker receives inputs.
import { GnomonError } from '../../src/core/errors.ts';
import { socketUrl } from '../../src/remote/socket.ts';

/** The WebSocket address of a worker. Throws `input.worker-url` or `input.worker-not-allowed`. `allowed` names
 * origins or hosts, e.g. `https://prover.example:3001` or `10.0.0.7`; null allows all. */
export function workerUrl(address: string, allowed: readonly string[] | null): string {
  const url = socketUrl(address);
  if (url === null) {
    throw new GnomonError(
      'input.worker-url',
      'A worker’s address is an http, https, ws or wss URL without a password.',
      {
        where: 'url',
        nextStep: 'Register it by its address, such as http://10.0.0.7:3001, and its token apart.',
      },
    );
  }
  if (allowed !== null && !allowed.some((entry) => covers(entry, url))) {
    throw new GnomonError('input.worker-not-allowed', 'This server may not use workers at that address.', {
      where: 'url',
      nextStep: 'Have its operator add the address to the list of allowed workers.',
    });
  }
  return url;
}

/** An origin covers itself on any path; a host covers itself on any scheme and port. */
function covers(entry: string, url: string): boolean {
  const target = new URL(url);
  if (!entry.includes('://'))
    return entry.toLowerCase() === target.hostname || entry.toLowerCase() === target.host;
  const mapped = socketUrl(entry);
  return mapped !== null && new URL(mapped).origin === target.origin;
}
