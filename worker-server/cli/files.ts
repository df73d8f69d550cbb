// What the commands share: files in and out, JSON that is said where it is broken, errors as one line, exit codes.
import { access, constants, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDevelopmentKey } from '../../src/core/development-key.ts';
import { GnomonError, toErrorData } from '../../src/core/errors.ts';
import { parseVerificationKey } from '../../src/prover/shape.ts';
import { lineAndColumn, mistakeOffset } from '../../src/reputation/json.ts';

/** Wrong use of a command: answered with one line and the exit code for unreadable input. */
export class UsageError extends Error {}

/** The whole file; throws `input.file`. */
export async function readBytes(path: string, maxBytes = 2 ** 31 - 1): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new GnomonError('input.file-too-large', `The file has more than ${maxBytes} bytes.`, {
        where: path,
        nextStep: 'Check that it is the right file.',
      });
    }
    const bytes = await readFile(path);
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? ` (${String(thrown.code)})` : '';
    throw new GnomonError('input.file', `The file cannot be read${code}.`, {
      where: path,
      nextStep: 'Check the path.',
      cause: thrown,
    });
  }
}

/** Parsed JSON; throws `input.file` or `input.json` with line and column. */
export async function readJson(path: string, maxBytes?: number): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path, maxBytes));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the file, which may hold secrets, and does not always tell where.
    throw new GnomonError('input.json', 'The file is not JSON.', {
      where: `${path}, ${lineAndColumn(text, mistakeOffset(text))}`,
      nextStep: 'Correct it there, or take the file from its source again.',
    });
  }
}

/** Throws `resource.storage-write` when the file could not be written: asked before minutes of work. */
export async function mustBeWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/** Refuses outputs that would overwrite one another or an input; both are paths by their flags. */
export async function mustBeDistinct(
  outputs: Record<string, string>,
  inputs: Record<string, string | null>,
): Promise<void> {
  const flagOf = new Map<string, string>();
  for (const [flag, path] of Object.entries(inputs))
    if (path !== null) flagOf.set(await realPath(path), flag);
  for (const [flag, path] of Object.entries(outputs)) {
    const real = await realPath(path);
    const other = flagOf.get(real);
    if (other !== undefined) throw new UsageError(`--${flag} and --${other} are the same file.`);
    flagOf.set(real, flag);
  }
}

/** Links resolved as far as the path exists. */
async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  return realpath(whole).catch(async () => {
    const folder = await realpath(dirname(whole)).catch(() => dirname(whole));
    return join(folder, basename(whole));
  });
}

/** As snarkjs writes it; the file is there whole or not at all. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeText(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** The file is there whole or not at all. */
export async function writeText(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (thrown) {
    throw notWritten(path, thrown);
  }
}

function notWritten(where: string, cause: unknown): GnomonError {
  return new GnomonError('resource.storage-write', 'The file cannot be written.', {
    where,
    nextStep: 'Check that the folder exists and may be written to.',
    cause,
  });
}

/** Says so when anyone can forge proofs for this key; a key that cannot be read says nothing. */
export function developmentKeyLine(vkey: unknown): string {
  try {
    return isDevelopmentKey(parseVerificationKey(vkey)) ? 'Development key: anyone can forge with it.\n' : '';
  } catch {
    return '';
  }
}

/** One line for people; values of inputs are never in it. */
export function describe(thrown: unknown): string {
  if (thrown instanceof UsageError) return thrown.message;
  const { message, where, nextStep } = toErrorData(thrown);
  return `${message}${where === undefined ? '' : ` [${where}]`} ${nextStep}`;
}

/** node:util's parseArgs throws TypeErrors that read well. */
export function usageFrom(thrown: unknown): UsageError {
  return new UsageError(thrown instanceof Error ? thrown.message : 'The arguments cannot be read.');
}

/** Runs a command to its exit code. `codeOf`: that of an error which is no wrong use, which is 2. */
export function runCommand(main: () => Promise<number>, codeOf: (thrown: unknown) => number): void {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (thrown: unknown) => {
      process.stderr.write(`${describe(thrown)}\n`);
      const misused = thrown instanceof UsageError;
      if (misused) process.stderr.write('--help shows how to use this command.\n');
      process.exitCode = misused ? 2 : codeOf(thrown);
    },
  );
}
