// Plain snarkjs proofs come in three files; this says which belong together, by their names.
import { GnomonError } from '../../../core/errors.ts';
import type { Item } from './items.ts';

export interface RawPart {
  name: string;
  part: 'proof' | 'publicSignals' | 'vkey';
  value: unknown;
}

/** `alice.proof.json` and `alice-public.json` → `alice`. What is left names the proof they belong to. */
export function partStem(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.json$/, '')
    .replace(/verification[-_. ]?key|public[-_. ]?(signals|inputs)?|vkey|vk|proof/g, '')
    .replace(/[-_. ()]+/g, ' ')
    .trim();
}

/** One item for each proof; a lone key serves all. Parts that find no partner become bad items. */
export function groupRawProofs(parts: readonly RawPart[]): Item[] {
  const of = (part: RawPart['part']) => parts.filter((one) => one.part === part);
  const proofs = of('proof');
  const signals = of('publicSignals');
  const keys = of('vkey');
  const partner = (proof: RawPart, among: RawPart[], only: boolean): RawPart | undefined => {
    const same = among.filter(({ name }) => name === proof.name || partStem(name) === partStem(proof.name));
    if (same.length === 1) return same[0];
    return only && among.length === 1 ? among[0] : undefined;
  };
  const used = new Set<RawPart>();
  const items = proofs.map((proof): Item => {
    const publicSignals = partner(proof, signals, proofs.length === 1);
    const vkey = partner(proof, keys, true);
    for (const part of [publicSignals, vkey]) if (part !== undefined) used.add(part);
    if (publicSignals === undefined) return missing(proof.name, 'public signals', 'public.json');
    if (vkey === undefined) return missing(proof.name, 'verification key', 'vkey.json');
    return {
      kind: 'raw',
      name: proof.name,
      proof: proof.value,
      publicSignals: publicSignals.value,
      vkey: vkey.value,
    };
  });
  const alone = [...signals, ...keys].filter((part) => !used.has(part));
  return [...items, ...alone.map(({ name }) => missing(name, 'proof', 'proof.json'))];
}

function missing(name: string, what: string, file: string): Item {
  const error = new GnomonError(
    'input.part-missing',
    `Its ${what} is not among the files, or not clearly so.`,
    {
      nextStep: `Drop it again together with its ${file}; give files that belong together the same beginning.`,
    },
  );
  return { kind: 'bad', name, error: error.toData() };
}
