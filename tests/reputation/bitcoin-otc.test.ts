// The real network that the design quotes: its figures must hold for our import, and its roots stay.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBundle, writeBundle } from '../../src/reputation/bundle.ts';
import { buildClaim } from '../../src/reputation/claim.ts';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { currentAttestations, evidenceBySubject } from '../../src/reputation/evidence.ts';
import { buildNetwork, makeBundle, makeCampaign } from '../../src/reputation/network.ts';
import { readRatings } from '../../src/reputation/ratings.ts';
import { countBySize, countUniqueScores } from '../../src/reputation/sharing.ts';
import { flowTrust } from '../../src/reputation/weights.ts';
import type { WorkProgress } from '../../src/reputation/work.ts';
import { testData } from '../helpers/data.ts';
import { CIRCUITS, TERMS } from './arbitrary.ts';

const path = testData('soc-sign-bitcoinotc.csv');
/** After the last rating, 2016-01-25. */
const AS_OF = 1_453_766_400;

describe.skipIf(path === undefined)('Bitcoin-OTC (GNOMON_TEST_DATA)', () => {
  it('becomes a snapshot with the figures that the design quotes', async () => {
    const { rows, rejectedCount } = await readRatings(readFileSync(path!, 'utf8'));
    expect([rows.length, rejectedCount]).toEqual([35_592, 0]);
    const stages: WorkProgress[] = [];
    const network = await buildNetwork(
      rows,
      { asOf: AS_OF, baseRatePpm: 500_000, weights: { kind: 'uniform' }, commitments: 'demo' },
      { onProgress: (progress) => stages.push(progress) },
    );
    const people = [...network.people.values()].map(({ records, scorePpm }) => ({
      count: records.length,
      scorePpm,
    }));
    expect(people.length).toBe(5858);
    const percentUpTo = (size: number) =>
      (100 * people.filter(({ count }) => count <= size).length) / people.length;
    expect(percentUpTo(16)).toBeCloseTo(93, 0);
    expect(percentUpTo(64)).toBeCloseTo(98.9, 1);
    expect(percentUpTo(256)).toBeCloseTo(99.9, 1);
    expect(Math.max(...people.map(({ count }) => count))).toBe(535);
    expect(countBySize(people, [16, 64, 256, 1024]).subjects[3]).toBe(5);
    expect(countUniqueScores(people)).toBe(335);
    expect([...new Set(stages.map(({ stage }) => stage))]).toEqual(['identities', 'digests', 'tree']);
    expect(`${network.snapshot.root}`).toBe(ROOT);

    const campaign = makeCampaign(network, { ...TERMS, asks: [{ type: 'exact' }] });
    const most = [...network.people.values()].filter(({ records }) => records.length > 64).slice(0, 3);
    for (const { subject, scorePpm } of [network.people.get('6')!, ...most]) {
      const bundle = readBundle(writeBundle(makeBundle(network, campaign, subject)));
      if (bundle.records.length > 256) continue;
      const { secretScalar } = demoKeyPair(subject);
      const claim = buildClaim({ bundle, secretScalar, askIndex: 0, payload: '' });
      expect(claim.publicSignals.slice(6)).toEqual([`${scorePpm}`, `${scorePpm}`]);
    }
    expect(CIRCUITS.length).toBe(campaign.circuits.length);
  });

  it('settles with flow-based weights', async () => {
    const { rows } = await readRatings(readFileSync(path!, 'utf8'));
    const { attestations } = currentAttestations(rows, AS_OF);
    const { trust, settled, rounds } = await flowTrust(attestations, ['1', '35'], AS_OF);
    expect(settled).toBe(true);
    expect(rounds).toBe(27);
    expect(trust.get('1')).toBe(65_535);
    const { subjects } = evidenceBySubject(attestations, trust);
    expect(subjects.length).toBe(5858);
  });
});

const ROOT = '5872330098824162968869620256091338458332256117371828660547991942657704982290';
