// `npm run fleet-key -- FILE`: makes the key file of a fleet, or puts a new key in front of the others (rotation).
import { GnomonError } from '../src/core/errors.ts';
import { rotateKeys } from '../worker-server/fleet/keys.ts';
import { runCommand } from './command-line.ts';

/** The new one, and those that jobs still in the queue may be sealed to. */
const KEPT = 3;

async function main(): Promise<void> {
  const [path] = process.argv.slice(2);
  if (path === undefined || path.startsWith('-')) {
    throw new GnomonError('input.config', 'No file is named.', { nextStep: 'npm run fleet-key -- FILE' });
  }
  const id = await rotateKeys(path, KEPT, Date.now());
  process.stdout.write(
    `${path}: inputs are sealed to ${id} from now on; the ${KEPT - 1} keys before it still open what waits.\n` +
      'Copy the file to every machine of the fleet, provers first. Keep it secret: it opens every input.\n',
  );
}

await runCommand(main);
