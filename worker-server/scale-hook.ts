// Runs the operator's command when the scaling advice changes: what it does (start a machine, send a message) is
// theirs. The advice comes in the environment, never in the command line.
import { spawn } from 'node:child_process';
import type { Logger } from 'pino';
import type { ScalingAdvice } from './pool-port.ts';

export interface ScaleHookOptions {
  /** Run by `sh -c`, with GNOMON_ADVICE (`scale-up`, `steady`, `scale-down`) and GNOMON_REASON. */
  command: string;
  advise: () => ScalingAdvice;
  log: Pick<Logger, 'info' | 'warn'>;
  everyMs?: number;
  limitMs?: number;
}

const EVERY_MS = 10_000;
/** A command that hangs must not keep the next advice from being told. */
const LIMIT_MS = 60_000;

/** Returns what ends it. A server starts out as `steady`, which is not told. */
export function startScaleHook(options: ScaleHookOptions): () => void {
  const { command, advise, log, everyMs = EVERY_MS, limitMs = LIMIT_MS } = options;
  let told: ScalingAdvice['advice'] = 'steady';
  let running = false;

  function look(): void {
    const { advice, reason } = advise();
    // One at a time; whatever holds then is told when it is done.
    if (running || advice === told) return;
    running = true;
    told = advice;
    log.info({ advice, reason }, 'scaling advice');
    const child = spawn('sh', ['-c', command], {
      stdio: 'ignore',
      env: { ...process.env, GNOMON_ADVICE: advice, GNOMON_REASON: reason },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const done = (code: number | null): void => {
      if (!running) return;
      running = false;
      if (code !== 0) log.warn({ advice, code }, 'the scale hook failed');
    };
    child.once('error', () => done(null));
    child.once('exit', done);
  }

  const timer = setInterval(look, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
