// What the project's own commands share: arguments that answer --help first, and errors as one line.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { GnomonError } from '../src/core/errors.ts';
import { describe, UsageError, usageFrom } from '../worker-server/cli/files.ts';

/** Prints `help` and ends when it is asked for anywhere, also where another flag wants its value. Throws
 * UsageError for what `config` does not allow. */
export function readArguments<const T extends ParseArgsConfig>(
  help: string,
  config: T,
  args = process.argv.slice(2),
): ReturnType<typeof parseArgs<T>> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    process.exit(0);
  }
  try {
    return parseArgs({ ...config, args }) as ReturnType<typeof parseArgs<T>>;
  } catch (thrown) {
    // Its further lines are about how flags are spelled in general.
    throw new UsageError(usageFrom(thrown).message.split('\n')[0]);
  }
}

/** Runs a command. Ends with 2 for arguments that cannot be used and with 1 for any other failure; only a
 * defect of ours shows where in the code it happened. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      process.stderr.write(`${thrown.message} --help shows how to use this command.\n`);
      process.exit(2);
    }
    if (!(thrown instanceof GnomonError)) {
      console.error(thrown);
      process.exit(1);
    }
    process.stderr.write(`${describe(thrown)}\n`);
    process.exit(thrown.code.startsWith('input.') ? 2 : 1);
  }
}
