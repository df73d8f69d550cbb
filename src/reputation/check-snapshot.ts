// Whether a published snapshot is the one that a campaign file speaks of, and whether what the file says about how
// many share a claim is true: a root made for one person would identify that person.
import type { Campaign } from './campaign.ts';
import { scoreOf } from './score.ts';
import { countBySize, sharingOfAsk } from './sharing.ts';
import { positionOf, type Snapshot } from './snapshot.ts';

export interface SnapshotCheck {
  name: 'root' | 'date' | 'demo' | 'numbers' | 'own place';
  ok: boolean;
  /** In words, for people. */
  detail: string;
}

/** `published` comes from readSnapshot, which has recomputed its root. With a commitment, its place is looked up. */
export function checkSnapshot(
  published: { snapshot: Snapshot; demo: boolean },
  campaign: Campaign,
  commitment?: bigint,
): SnapshotCheck[] {
  const { snapshot, demo } = published;
  const checks: SnapshotCheck[] = [];
  const check = (name: SnapshotCheck['name'], ok: boolean, yes: string, no: string) => {
    checks.push({ name, ok, detail: ok ? yes : no });
  };
  const count = snapshot.entries.length;
  check(
    'root',
    `${snapshot.root}` === campaign.root,
    `The root covers ${count} subjects.`,
    'The campaign file names another root.',
  );
  check('date', snapshot.asOf === campaign.asOf, 'The same date.', 'The campaign file has another date.');
  check(
    'demo',
    demo === campaign.demo,
    demo ? 'Both are marked as demos.' : 'Neither is a demo.',
    'Only one of the two is marked as a demo.',
  );
  check(
    'numbers',
    numbersHold(snapshot, campaign),
    'As many share each claim as the campaign file says.',
    'The campaign file’s numbers of subjects who share a claim are wrong.',
  );
  if (commitment !== undefined) {
    check(
      'own place',
      positionOf(snapshot, commitment) !== undefined,
      'Your identity is in it.',
      'Your identity is not in it.',
    );
  }
  return checks;
}

function numbersHold({ entries }: Snapshot, { asOf, baseRatePpm, circuits, asks }: Campaign): boolean {
  const subjects = entries.map(({ records }) => ({
    count: records.length,
    scorePpm: scoreOf(records, asOf, baseRatePpm).scorePpm,
  }));
  const capacities = circuits.map(({ capacity }) => capacity);
  const bySize = countBySize(subjects, capacities).subjects;
  return circuits.every(
    (circuit, at) =>
      circuit.subjects === bySize[at] &&
      circuit.sharing.every(
        (given, ask) => given === sharingOfAsk(asks[ask]!, subjects, capacities, circuit.capacity),
      ),
  );
}
