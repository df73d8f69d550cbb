// The step that makes the circuits and their keys, and says in the terminal how far it is.
import { type BuildProgress, buildCircuits } from '../circuits/build.ts';
import type { CircuitSize } from '../circuits/signals.ts';
import { buildKernels } from './kernels.ts';

/** All sizes unless told. */
export async function makeCircuits(sizes?: readonly CircuitSize[]): Promise<void> {
  // The key maker calculates with the proving engine's kernels.
  await buildKernels();
  await buildCircuits({ ...(sizes === undefined ? {} : { sizes }), onProgress: circuitProgress() });
}

/** One line when a step begins, and one for each quarter of a key. */
function circuitProgress(): (progress: BuildProgress) => void {
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
