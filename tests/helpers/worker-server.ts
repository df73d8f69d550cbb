// A worker server as it is run: its own process, started from dist/, on a free port.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../scripts/steps.ts';

export interface RunningWorkerServer {
  origin: string;
  port: number;
  pid: number;
  /** Everything it has printed. */
  output(): string;
  /** Process ids of the children that live. */
  children(): number[];
  kill(signal: NodeJS.Signals): void;
  /** Resolves with its exit code, or the signal that ended it. */
  exited: Promise<number | string>;
  /** SIGTERM, then waits. */
  stop(): Promise<void>;
}

export interface WorkerServerOptions {
  circuitsFolder: string;
  args?: string[];
  env?: Record<string, string>;
}

const MAIN = join(projectFolder, 'dist/server/main.js');

/** Rejects with what it printed when it does not start. Needs `buildServer()`. */
export async function startWorkerServer(options: WorkerServerOptions): Promise<RunningWorkerServer> {
  const args = [MAIN, '--headless', '--port', '0', '--circuits', options.circuitsFolder];
  const child: ChildProcess = spawn(process.execPath, [...args, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, LOG_LEVEL: 'debug', ...options.env },
  });
  let printed = '';
  child.stdout?.on('data', (data) => (printed += String(data)));
  child.stderr?.on('data', (data) => (printed += String(data)));
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'gone'));
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { port: number }).port));
    void exited.then((how) => reject(new Error(`The server ended (${how}): ${printed}`)));
  });
  const pid = child.pid ?? 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    pid,
    output: () => printed,
    children: () => childrenOf(pid),
    kill: (signal) => void child.kill(signal),
    exited,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parent) === pid && state !== 'Z';
      } catch {
        return false;
      }
    });
}
/** Whether a process lives; one that is dead but not yet collected does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** Looks often at first and ten times a second later: asking takes time from whoever is waited for. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  let pauseMs = 10;
  for (const endMs = Date.now() + limitMs; !(await condition()); ) {
    if (Date.now() > endMs) throw new Error('It did not come about in time.');
    pauseMs = Math.min(100, pauseMs * 1.2);
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
}

/** Processes of a group that live. */
export function processGroup(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, , its] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(its) === group && state !== 'Z';
      } catch {
        return false;
      }
    });
}
