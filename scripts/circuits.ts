// npm run circuits [-- --size N]…: compiles circuits and makes development keys; a no-op when up to date.
// With --ceremony, one step of a real key's ceremony instead: see circuits/README.md.
import { CIRCUIT_SIZES, type CircuitSize } from '../circuits/signals.ts';
import { GnomonError } from '../src/core/errors.ts';
import { makeCircuits } from './circuit-steps.ts';
import { CEREMONY_OPTIONS, runCeremony } from './circuits-ceremony.ts';
import { readArguments, runCommand } from './command-line.ts';

const HELP = `Compiles circuits and makes development keys; does nothing when all is up to date.

  npm run circuits [-- --size N]…     16, 64, 256 and 1024 unless told

Real keys, one step each; a powers-of-tau file of the Perpetual Powers of Tau is given:

  npm run circuits -- --ceremony new --size N --ptau F --to 0.zkey         begin
  npm run circuits -- --ceremony contribute --from A --to B --name WHO     each person, on their own machine
  npm run circuits -- --ceremony beacon --from A --to B --beacon HEX [--iterations N]
                                                 randomness announced in advance; 2^N hashes (10)
  npm run circuits -- --ceremony verify --size N --ptau F --zkey F         anyone, any time
  npm run circuits -- --ceremony finish --size N --ptau F --zkey F         puts the key in place

circuits/README.md walks through a ceremony.
Ends with 0 when done, 1 when it failed, 2 when the arguments cannot be used.
`;

function readSizes(values: string[] | undefined): readonly CircuitSize[] {
  if (values === undefined) return CIRCUIT_SIZES;
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
  const { values } = readArguments(HELP, {
    options: {
      size: { type: 'string', multiple: true },
      ceremony: { type: 'string' },
      ...CEREMONY_OPTIONS,
    },
  });
  const sizes = readSizes(values.size);
  if (values.ceremony === undefined) {
    await makeCircuits(sizes);
    return;
  }
  await runCeremony(values.ceremony, sizes, values);
  process.exit(0); // snarkjs leaves its threads running
}

await runCommand(main);
