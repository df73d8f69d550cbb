// Child processes of the commands: run to the end, or keep running beside us.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectFolder } from './steps.ts';

/** Runs `node ARGS` in the project folder with our terminal; resolves with its exit code. */
export function runNode(args: string[], env: Record<string, string> = {}): Promise<number> {
  return exitCode(startNode(args, env));
}

export function startNode(args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: projectFolder,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
}

/** Arguments that run a TypeScript file with node. */
export function typescript(file: string, ...args: string[]): string[] {
  return [join(projectFolder, 'node_modules/tsx/dist/cli.mjs'), join(projectFolder, file), ...args];
}

/** Arguments that run a package's command with node. */
export function packageBin(path: string, ...args: string[]): string[] {
  return [join(projectFolder, 'node_modules', path), ...args];
}

export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}
