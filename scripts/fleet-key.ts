// `npm run fleet-key -- FILE`: makes the key file of a fleet, or puts a new key in front of the others (rotation).
import { GnomonError } from '../src/core/errors.ts';
import { rotateKeys } from '../worker-server/fleet/keys.ts';
import { runCommand } from './command-line.ts';

/** The new one and two before it, however old; others stay for as long as something may be sealed to them. */
const KEPT = 3;

async function main(): Promise<void> {
  const [path] = process.argv.slice(2);
  if (path === undefined || path.startsWith('-')) {
    throw new GnomonError('input.config', 'No file is named.', { nextStep: 'npm run fleet-key -- FILE' });
  }
  const id = await rotateKeys(path, KEPT, Date.now());
  process.stdout.write(
    `${path}: inputs are sealed to ${id} from now on; older keys stay as long as something can be sealed to them.\n` +
      'Copy the file to every machine of the fleet, provers first. Keep it secret: it opens every input.\n',
  );
}

await runCommand(main);
