// Sorts dropped files by what they hold: claims, campaign files, plain snarkjs proofs. A file that is none of
// these becomes a result of its own with its reason, so that a batch goes on past it.
import { GnomonError, toErrorData } from '../../../core/errors.ts';
import { type CampaignFile, readCampaign } from '../../../reputation/campaign.ts';
import { readClaimFile } from '../../../reputation/claim-file.ts';
import { parseJson } from '../../../reputation/json.ts';
import { readTextFile } from '../../components/files.ts';
import type { Item } from './items.ts';
import { groupRawProofs, type RawPart } from './raw-proofs.ts';

export interface NamedCampaign {
  name: string;
  campaign: CampaignFile;
}

export interface SortedFiles {
  items: Item[];
  campaigns: NamedCampaign[];
}

/** A claim takes about 3 kB; an array of claims of this size holds thousands. */
const FILE_BYTES_MAX = 16 * 2 ** 20;

/** Reads all files; never rejects. Items come in the order of the files, raw proofs last. */
export async function readFiles(files: readonly File[]): Promise<SortedFiles> {
  const sorted: SortedFiles = { items: [], campaigns: [] };
  const parts: RawPart[] = [];
  for (const file of files) {
    try {
      sortOne(file.name, await readTextFile(file, FILE_BYTES_MAX), sorted, parts);
    } catch (thrown) {
      sorted.items.push({ kind: 'bad', name: file.name, error: toErrorData(thrown) });
    }
  }
  sorted.items.push(...groupRawProofs(parts));
  return sorted;
}

function sortOne(name: string, text: string, sorted: SortedFiles, parts: RawPart[]): void {
  const value = parseJson(text, 'file', FILE_BYTES_MAX);
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((entry) => isObject(entry))) {
      value.forEach((entry, at) => {
        sorted.items.push(claimItem(`${name}, claim ${at + 1}`, JSON.stringify(entry)));
      });
      return;
    }
    parts.push({ name, part: 'publicSignals', value });
    return;
  }
  if (!isObject(value)) throw unknownFile();
  switch (value.format) {
    case 'gnomon/claim':
      sorted.items.push(claimItem(name, text));
      return;
    case 'gnomon/campaign':
      sorted.campaigns.push({ name, campaign: readCampaign(text) });
      return;
    case 'gnomon/bundle':
      throw new GnomonError('input.bundle-not-proof', 'This is a claim bundle, not a proof.', {
        nextStep: 'Its owner makes a proof from it on the Claim page; the bundle itself is private.',
      });
    case 'gnomon/snapshot':
      throw new GnomonError('input.snapshot-not-proof', 'This is a published snapshot, not a proof.', {
        nextStep: 'Check it against its campaign file on the Campaign page.',
      });
  }
  if ('pi_a' in value) parts.push({ name, part: 'proof', value });
  else if ('vk_alpha_1' in value) parts.push({ name, part: 'vkey', value });
  else if ('proof' in value && 'publicSignals' in value) {
    // What snarkjs' fullProve answers, saved whole.
    parts.push({ name, part: 'proof', value: value.proof });
    parts.push({ name, part: 'publicSignals', value: value.publicSignals });
  } else throw unknownFile();
}

function claimItem(name: string, text: string): Item {
  try {
    return { kind: 'claim', name, claim: readClaimFile(text) };
  } catch (thrown) {
    return { kind: 'bad', name, error: toErrorData(thrown) };
  }
}

function unknownFile(): GnomonError {
  return new GnomonError('input.unknown-file', 'This is neither a claim nor a part of a proof.', {
    nextStep: 'Bring claim files from this app, or proof.json, public.json and vkey.json from snarkjs.',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
