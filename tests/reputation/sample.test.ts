import { describe, expect, it } from 'vitest';
import { readBundle, writeBundle } from '../../src/reputation/bundle.ts';
import { buildClaim, bundleScore } from '../../src/reputation/claim.ts';
import { readRatings } from '../../src/reputation/ratings.ts';
import { SAMPLE_AS_OF, sampleCampaign, sampleRatingsCsv } from '../../src/reputation/sample.ts';
import { CIRCUITS } from './arbitrary.ts';

describe('the sample', () => {
  it('is small, clean and always the same', async () => {
    const csv = sampleRatingsCsv();
    expect(csv.length).toBeLessThan(30_000);
    expect(csv).toBe(sampleRatingsCsv());
    const { rows, rejectedCount } = await readRatings(csv);
    expect(rejectedCount).toBe(0);
    expect(rows.every(({ source, target }) => source !== target)).toBe(true);
    expect(rows.every(({ createdAtMs }) => createdAtMs < SAMPLE_AS_OF * 1000)).toBe(true);
  });

  it('has people of every standing, and is marked as a demo', async () => {
    const { network, campaign } = await sampleCampaign(CIRCUITS);
    expect([network.demo, campaign.demo]).toEqual([true, true]);
    expect(`${campaign.name}`).toContain('demo');
    const people = [...network.people.values()];
    expect(people.length).toBe(80);
    expect(people.filter(({ scorePpm }) => scorePpm < 400_000).length).toBeGreaterThan(5);
    expect(people.filter(({ scorePpm }) => scorePpm > 800_000).length).toBeGreaterThan(20);
    expect(people.filter(({ records }) => records.length <= 3).length).toBeGreaterThan(8);
    expect(people.filter(({ records }) => records.length > 16).length).toBeGreaterThan(4);
    expect(campaign.circuits[0]!.sharing[0]).toBeGreaterThanOrEqual(20);
    // Changes only when a rule of import or hashing does, which must never happen unnoticed.
    expect(campaign.root).toBe(ROOT);
  });

  it('gives a subject with some evidence against, who can make every kind of claim', async () => {
    const { bundle, secretScalar } = await sampleCampaign(CIRCUITS);
    const { scorePpm, negative } = bundleScore(bundle);
    expect(scorePpm).toBe(784_313);
    expect(negative).toBeGreaterThan(0n);
    const same = readBundle(writeBundle(bundle));
    for (const askIndex of bundle.campaign.asks.keys()) {
      const claim = buildClaim({ bundle: same, secretScalar, askIndex, payload: '' });
      expect(claim.circuit.capacity).toBe(16);
    }
  });
});

const ROOT = '6196987500463757685120038693620535352248745631049765494033280025152657273936';
