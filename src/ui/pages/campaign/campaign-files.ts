// Files of the Campaign page: what a dropped one is, what saved ones are called, and what a recomputed
// snapshot says about a campaign file. Pure, but for reading the beginning of a file.

import { toCsv } from '../../../core/csv.ts';
import { type CampaignFile, readCampaign } from '../../../reputation/campaign.ts';
import { FILE_CHARS_MAX } from '../../../reputation/json.ts';
import type { NetworkImport, SnapshotCheck } from '../../../services/snapshots.ts';
import { readTextFile } from '../../components/files.ts';
import { countText, dayText } from '../../components/format.ts';

/** By the name's ending, else by how the text begins. */
export async function networkOf(file: File): Promise<NetworkImport> {
  const json =
    /\.json$/i.test(file.name) || (!/\.csv$/i.test(file.name) && (await head(file)).startsWith('['));
  return { name: file.name, format: json ? 'attestations-json' : 'ratings-csv', data: file };
}

export type CheckFile = { kind: 'snapshot'; file: File } | { kind: 'campaign'; campaign: CampaignFile };

/** A snapshot file is told by its beginning, since it may be large; anything else is read as a campaign file. */
export async function checkFileOf(file: File): Promise<CheckFile> {
  if (/"format"\s*:\s*"gnomon\/snapshot"/.test(await head(file))) return { kind: 'snapshot', file };
  return { kind: 'campaign', campaign: readCampaign(await readTextFile(file, FILE_CHARS_MAX)) };
}

async function head(file: File): Promise<string> {
  return (await file.slice(0, 400).text()).trimStart();
}

export interface Comparison {
  same: boolean;
  /** Each difference in words; empty when there is none. */
  differences: string[];
}

/** Whether the campaign file names the root, date and kind that the snapshot really has. */
export function compareWithCampaign(check: SnapshotCheck, campaign: CampaignFile): Comparison {
  const differences: string[] = [];
  if (check.root !== campaign.root) differences.push('The campaign file names another root.');
  if (check.asOf !== campaign.asOf) {
    differences.push(
      `The snapshot is of ${dayText(check.asOf)}, the campaign file says ${dayText(campaign.asOf)} or another time of that day.`,
    );
  }
  if (check.demo !== campaign.demo) {
    differences.push(
      check.demo
        ? 'The snapshot is a demo’s, the campaign file does not say so.'
        : 'The campaign file is a demo’s, the snapshot is not.',
    );
  }
  // Everyone counted in the file is in the snapshot; those too large for any size are in it besides.
  const counted = campaign.circuits.reduce((sum, { subjects }) => sum + subjects, 0);
  if (counted > check.people) {
    differences.push(
      `The campaign file counts ${countText(counted)} people, the snapshot holds ${countText(check.people)}.`,
    );
  }
  return { same: differences.length === 0, differences };
}

/** `Spring grants 2026` → `spring-grants-2026`. */
export function fileStem(name: string, otherwise = 'campaign'): string {
  const stem = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-+|-+$/g, '');
  return stem === '' ? otherwise : stem;
}

export function rejectedCsv(rejected: readonly { where: string; reason: string }[]): string {
  return toCsv(
    ['where', 'reason'],
    rejected.map(({ where, reason }) => [where, reason]),
  );
}
