// `npm run verify`: strict verification of snarkjs-format files; each check is printed.
import { parseArgs } from 'node:util';
import { MAX_JSON_BYTES } from '../../src/prover/shape.ts';
import { mustBeDecided } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { developmentKeyLine, readJson, runCommand, UsageError, usageFrom } from './files.ts';

const HELP = `Verifies a Groth16 proof strictly, with two independent verifiers.

  npm run verify -- --vkey F --public F --proof F

  --vkey F    the verification key (JSON, as snarkjs writes it)
  --public F  the public signals
  --proof F   the proof

Ends with 0 when the proof is valid, 1 when it is not, 2 when a file cannot be read.
`;

function readOptions(args: string[]): { vkey: string; public: string; proof: string } | 'help' {
  let values: { vkey?: string; public?: string; proof?: string; help?: boolean };
  try {
    const text = { type: 'string' } as const;
    ({ values } = parseArgs({
      args,
      options: { vkey: text, public: text, proof: text, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (thrown) {
    throw usageFrom(thrown);
  }
  if (values.help === true) return 'help';
  const required = (name: 'vkey' | 'public' | 'proof'): string => {
    const value = values[name];
    if (value === undefined || value === '') throw new UsageError(`--${name} is missing.`);
    return value;
  };
  return { vkey: required('vkey'), public: required('public'), proof: required('proof') };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const vkey = await readJson(options.vkey, MAX_JSON_BYTES);
  const publicSignals = await readJson(options.public, MAX_JSON_BYTES);
  const proof = await readJson(options.proof, MAX_JSON_BYTES);
  const verification = await verifyProof(vkey, publicSignals, proof);
  const { valid, checks } = verification;
  for (const { ok, name, detail } of checks)
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name}: ${detail}\n`);
  mustBeDecided(verification);
  process.stdout.write(valid ? 'The proof is valid.\n' : 'The proof is not valid.\n');
  process.stdout.write(developmentKeyLine(vkey));
  return valid ? 0 : 1;
}

runCommand(main, () => 2);
