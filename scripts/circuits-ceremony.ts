// npm run circuits -- --ceremony STEP …: the steps of a real key's ceremony; circuits/README.md walks through.
import { resolve } from 'node:path';
import {
  applyBeacon,
  ceremonyR1cs,
  contribute,
  finishCeremony,
  newCeremony,
  verifyCeremony,
} from '../circuits/ceremony.ts';
import type { CircuitSize } from '../circuits/signals.ts';
import { GnomonError } from '../src/core/errors.ts';

export const CEREMONY_OPTIONS = {
  ptau: { type: 'string' },
  zkey: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  name: { type: 'string' },
  beacon: { type: 'string' },
  iterations: { type: 'string' },
} as const;

export type CeremonyValues = { [K in keyof typeof CEREMONY_OPTIONS]?: string | undefined };

/** Runs one step: new, contribute, beacon, verify or finish. */
export async function runCeremony(
  step: string,
  sizes: readonly CircuitSize[],
  values: CeremonyValues,
): Promise<void> {
  const need = (name: keyof CeremonyValues): string => {
    const value = values[name];
    if (value === undefined || value === '') {
      throw new GnomonError('input.ceremony-option', `--ceremony ${step} needs --${name}.`, {
        nextStep: 'See "Ceremony" in circuits/README.md.',
        where: `--${name}`,
      });
    }
    return value;
  };
  const path = (name: keyof CeremonyValues) => resolve(need(name));
  const size = (): CircuitSize => {
    if (sizes.length === 1) return sizes[0]!;
    throw new GnomonError('input.ceremony-option', `--ceremony ${step} needs one --size.`, {
      nextStep: 'A ceremony makes one key; give its --size.',
      where: '--size',
    });
  };
  const say = (line: string) => console.log(line);
  switch (step) {
    case 'new': {
      const made = await newCeremony(await ceremonyR1cs(size()), path('ptau'), path('to'), say);
      say(`Started. Powers of tau checked by ${made.ptauBy}. Circuit hash: ${made.circuitHash}`);
      return;
    }
    case 'contribute': {
      const hash = await contribute(path('from'), path('to'), need('name'), say);
      say(`Contributed. Publish this hash: ${hash}`);
      return;
    }
    case 'beacon':
      await applyBeacon(path('from'), path('to'), need('beacon'), Number(values.iterations ?? '10'), say);
      return;
    case 'verify': {
      const hashes = await verifyCeremony(await ceremonyR1cs(size()), path('ptau'), path('zkey'), say);
      for (const [what, hash] of Object.entries(hashes)) say(`${what}: ${hash}`);
      return;
    }
    case 'finish': {
      const entry = await finishCeremony(size(), path('ptau'), path('zkey'), say);
      say(`${entry.id} now has its ceremony key, vkey sha256 ${entry.artifacts.vkey.sha256}`);
      return;
    }
    default:
      throw new GnomonError('input.ceremony-step', `There is no ceremony step called ${step}.`, {
        nextStep: 'The steps are new, contribute, beacon, verify and finish.',
        where: '--ceremony',
      });
  }
}
