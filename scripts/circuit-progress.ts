// Says in the terminal how far the circuits and their keys are.
import type { BuildProgress } from '../circuits/build.ts';

/** One line when a step begins, and one for each quarter of a key. */
export function circuitProgress(): (progress: BuildProgress) => void {
  let last = '';
  return ({ id, step, share }) => {
    const quarter = Math.floor(share * 4) * 25;
    const line = {
      waiting: 'another build is running, waiting for it',
      compiling: share === 0 ? 'compiling' : 'compiled',
      key: `making the development key, ${quarter} %`,
      built: 'ready',
      unchanged: 'up to date',
    }[step];
    if (`${id}: ${line}` !== last) process.stdout.write(`${id}: ${line}\n`);
    last = `${id}: ${line}`;
  };
}
