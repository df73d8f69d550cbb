// Sorts dropped files by what they hold: claims, campaign files, plain snarkjs proofs. A file that is none of
// these becomes a result of its own with its reason, so that a batch goes on past it.
import { GnomonError, toErrorData } from '../../../core/errors.ts';
import { type CampaignFile, readCampaign } from '../../../reputation/campaign.ts';
import { readClaimFile } from '../../../reputation/claim-file.ts';
import { jsonElements, parseJson } from '../../../reputation/json.ts';
import { makePacer, type Pacer } from '../../../reputation/work.ts';
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
/** What is no claim takes a few bytes; a list of these must not grow without end. */
export const CLAIMS_MAX = 10_000;

/** Reads all files; never rejects. Items come in the order of the files, raw proofs last. It pauses as the pacer
 * says, since whoever made a file may have meant to keep the page busy. */
export async function readFiles(
  files: readonly File[],
  pacer: Pick<Pacer, 'due' | 'pause'> = makePacer(),
): Promise<SortedFiles> {
  const sorted: SortedFiles = { items: [], campaigns: [] };
  const parts: RawPart[] = [];
  for (const file of files) {
    try {
      const text = await readTextFile(file, FILE_BYTES_MAX);
      if (/^\ufeff?\s*\[\s*\{/.test(text))
        sorted.items.push(...(await readClaimList(file.name, text, pacer)));
      else sortOne(file.name, text, sorted, parts);
      if (pacer.due()) await pacer.pause('reading', sorted.items.length, files.length);
    } catch (thrown) {
      sorted.items.push({ kind: 'bad', name: file.name, error: toErrorData(thrown) });
    }
  }
  sorted.items.push(...groupRawProofs(parts));
  return sorted;
}

/** An array of claims, one after the other, so that a mistake in one costs none of the others. */
async function readClaimList(
  name: string,
  text: string,
  pacer: Pick<Pacer, 'due' | 'pause'>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (const element of jsonElements(text)) {
    if (items.length === CLAIMS_MAX) {
      throw new GnomonError(
        'input.too-many-claims',
        `This file holds more than ${CLAIMS_MAX.toLocaleString('en')} claims.`,
        { nextStep: 'Split the file into smaller ones.' },
      );
    }
    const each = `${name}, claim ${items.length + 1}`;
    items.push(
      element.problem === undefined ? claimItem(each, element.text) : brokenList(each, element.problem),
    );
    if (pacer.due()) await pacer.pause('reading', element.offset, text.length);
  }
  return items;
}

function brokenList(name: string, problem: string): Item {
  const error = new GnomonError('input.not-json', `The list of claims ends wrongly: ${problem}.`, {
    nextStep: 'Ask for the whole file again.',
  });
  return { kind: 'bad', name, error: error.toData() };
}

function sortOne(name: string, text: string, sorted: SortedFiles, parts: RawPart[]): void {
  const value = parseJson(text, 'file');
  if (Array.isArray(value)) {
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
