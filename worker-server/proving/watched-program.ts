// Another's program, run so that nothing of it is left: in a process group of its own, which ends with the attempt, with
// an abort, or with the server, even one that was killed. A shell watches, since the program does not.
import { spawn } from 'node:child_process';
import { aborted, died } from './thread-backend.ts';

/** Whoever has become its child's parent is not the server: then the files go, and the whole group. A killed server that
 * nobody has reaped yet has a process id still, hence the look at /proc first. */
const WATCH = `
parent=$PPID
lives() {
  if [ -r /proc/$$/stat ]; then
    read -r _ _ _ now _ < /proc/$$/stat
    [ "$now" = "$parent" ]
  else
    kill -0 "$parent" 2> /dev/null
  fi
}
"$@" &
program=$!
( while lives; do sleep 1; done; rm -rf "$PWD"; kill -9 -$$ ) &
wait "$program"
`;

/** Resolves when it has ended well; rejects with `backend.died` or `cancelled.aborted`. `folder` is its own, and is removed
 * should the server die first. */
export function runWatched(
  path: string,
  args: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted());
    const { PATH } = process.env;
    const child = spawn('/bin/sh', ['-c', WATCH, 'sh', path, ...args], {
      ...{ cwd: folder, stdio: 'ignore', detached: true },
      env: PATH === undefined ? {} : { PATH },
    });
    const endGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    };
    signal.addEventListener('abort', endGroup);
    child.once('error', () => reject(died('crash')));
    child.once('exit', (code) => {
      signal.removeEventListener('abort', endGroup);
      // The watch, and whatever the program has left.
      endGroup();
      if (signal.aborted) reject(aborted());
      else if (code === 0) resolve();
      else reject(died('crash'));
    });
  });
}
