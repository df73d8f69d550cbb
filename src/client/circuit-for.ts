// From the circuit that a campaign names to the one of the list that has its key.
import { GnomonError } from '../core/errors.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { CampaignCircuit } from '../reputation/campaign.ts';

/** The circuit that the campaign means: same id and the very same verification key. Undefined while it
 * is still being made; another key under that id is refused. */
export function circuitFor(
  wanted: CampaignCircuit,
  available: readonly CircuitEntry[],
): CircuitEntry | undefined {
  const entry = available.find((one) => one.id === wanted.id);
  if (entry !== undefined && entry.artifacts.vkey.sha256 !== wanted.vkeySha256) {
    throw new GnomonError(
      'circuit.other-key',
      `The campaign wants another key for ${wanted.id} than this app has.`,
      {
        nextStep: 'Update the app, or ask the campaign for a file made with this version.',
        where: wanted.id,
      },
    );
  }
  return entry;
}
