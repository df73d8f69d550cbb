// npm run circuits [-- --size N]…: compiles circuits and makes development keys; a no-op when up to date.
// With --ceremony, one step of a real key's ceremony instead: see circuits/README.md.
import { parseArgs } from 'node:util';
import { buildCircuits } from '../circuits/build.ts';
import { CIRCUIT_SIZES, type CircuitSize, DEFAULT_SIZES } from '../circuits/signals.ts';
import { GnomonError } from '../src/core/errors.ts';
import { circuitProgress } from './circuit-progress.ts';
import { CEREMONY_OPTIONS, runCeremony } from './circuits-ceremony.ts';

function readSizes(values: string[] | undefined): readonly CircuitSize[] {
  if (values === undefined) return DEFAULT_SIZES;
  return values
    .flatMap((value) => value.split(','))
    .map((value) => {
      const size = CIRCUIT_SIZES.find((known) => String(known) === value.trim());
      if (size === undefined) {
        throw new GnomonError('input.circuit-size', `There is no circuit of size ${value}.`, {
          nextStep: `Give --size one of ${CIRCUIT_SIZES.join(', ')}.`,
          where: '--size',
        });
      }
      return size;
    });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', multiple: true },
      ceremony: { type: 'string' },
      ...CEREMONY_OPTIONS,
    },
  });
  const sizes = readSizes(values.size);
  if (values.ceremony === undefined) {
    await buildCircuits({ sizes, onProgress: circuitProgress() });
    return;
  }
  await runCeremony(values.ceremony, sizes, values);
  process.exit(0); // snarkjs leaves its threads running
}

main().catch((error: unknown) => {
  console.error(error instanceof GnomonError ? `${error.message}\n${error.nextStep}` : error);
  process.exit(1);
});
