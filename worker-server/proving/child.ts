// A child process that works for the server and may die at any time: by a kill, by want of memory, by a crash
// in WebAssembly. Its death is an event here, never an exception, and never the server's.
import { type ChildProcess, fork } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';

/** Our kernels' fast tier needs the flag in Node 20 to 22; an option of V8 that is not known there any more
 * would stop the child, so it is given only where V8 lists it. */
export const WASM_FLAGS =
  Number(process.versions.node.split('.')[0]) < 24 ? ['--experimental-wasm-relaxed-simd'] : [];

export interface ChildOptions {
  /** The bundled script. */
  script: string;
  args?: string[];
  /** Larger than this in memory and it is ended, as `memory`; Linux only. */
  maxBytes: number;
}

export type Death =
  /** We ended it. */
  | 'ended'
  /** It outgrew its limit, or V8 found no more memory. */
  | 'memory'
  /** A crash, a foreign kill, an exit of its own. */
  | 'crash';

export interface Child {
  readonly pid: number;
  /** Once dead, messages go nowhere. */
  send(message: unknown): void;
  onMessage: (message: unknown) => void;
  /** Called once, after the process is gone. */
  onDeath: (death: Death) => void;
  dead(): boolean;
  /** Kills it; resolves when the process is gone. */
  end(): Promise<void>;
}

const MEMORY_POLL_MS = 250;
const PAGE_BYTES = 4096;

export function startChild({ script, args = [], maxBytes }: ChildOptions): Child {
  const process_: ChildProcess = fork(script, args, {
    execArgv: [...WASM_FLAGS],
    serialization: 'advanced',
    // A circuit may log its secrets: nothing that a child prints is kept.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { NODE_ENV: process.env.NODE_ENV ?? '' },
  });
  let outOfMemory = false;
  let ending = false;
  let gone = false;
  let announce = (): void => {};
  const death = new Promise<void>((resolve) => {
    announce = resolve;
  });

  const child: Child = {
    pid: process_.pid ?? 0,
    onMessage: () => {},
    onDeath: () => {},
    dead: () => gone,
    send(message) {
      if (!gone && process_.connected) process_.send(message as object, () => {});
    },
    end() {
      ending = true;
      process_.kill('SIGKILL');
      return death;
    },
  };

  const onGone = (): void => {
    if (gone) return;
    gone = true;
    clearInterval(memoryTimer);
    announce();
    child.onDeath(ending ? 'ended' : outOfMemory ? 'memory' : 'crash');
  };
  process_.on('message', (message) => {
    if (!gone && !ending) child.onMessage(message);
  });
  process_.on('exit', onGone);
  process_.on('error', () => {
    // Could not be started, or the channel broke; an `exit` follows only for a process that began.
    if (process_.pid === undefined) onGone();
  });
  // Only recognised, never kept: see above.
  process_.stderr?.on('data', (data: Buffer) => {
    if (/out of memory|heap limit|allocation failed/i.test(data.toString('latin1'))) outOfMemory = true;
  });
  // When memory runs short, the kernel takes a child and not the server.
  void writeFile(`/proc/${child.pid}/oom_score_adj`, '1000').catch(() => {});
  const memoryTimer = setInterval(async () => {
    const bytes = await residentBytes(child.pid);
    if (bytes <= maxBytes || gone) return;
    outOfMemory = true;
    process_.kill('SIGKILL');
  }, MEMORY_POLL_MS);
  memoryTimer.unref();
  return child;
}

/** Begins to watch anew for the most that a process held (proc(5), clear_refs). */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}

/** The most that a process held in memory since then; null where the platform does not tell. */
export async function peakBytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** 0 where the platform does not tell. */
export async function residentBytes(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => '');
  return Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES;
}
