// Numbers and times in words.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aboutMs,
  bytesText,
  dayText,
  exactMs,
  plural,
  scoreText,
  shorten,
} from '../../src/ui/components/format.ts';
import { runs, testSeed } from '../helpers/scale.ts';

describe('format', () => {
  it('writes ppm as an exact score', () => {
    expect(scoreText(0)).toBe('0');
    expect(scoreText(1_000_000)).toBe('1');
    expect(scoreText(600_000)).toBe('0.6');
    expect(scoreText(734_512)).toBe('0.734512');
    expect(scoreText(1)).toBe('0.000001');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
        expect(Math.round(Number(scoreText(ppm)) * 1e6)).toBe(ppm);
      }),
      { numRuns: runs(300, 10_000), seed: testSeed },
    );
  });

  it('says durations as people do', () => {
    expect(aboutMs(300)).toBe('under 1 s');
    expect(aboutMs(4200)).toBe('about 4 s');
    expect(aboutMs(150_000)).toBe('about 3 min');
    expect(aboutMs(Number.POSITIVE_INFINITY)).toBe('unknown');
    expect(exactMs(840)).toBe('840 ms');
    expect(exactMs(4234)).toBe('4.2 s');
    expect(exactMs(192_000)).toBe('3 min 12 s');
  });

  it('shortens only what is long', () => {
    expect(shorten('0123456789abcdef', 4, 3)).toBe('0123…def');
    expect(shorten('0123', 4, 3)).toBe('0123');
  });

  it('writes sizes, counts and days', () => {
    expect(bytesText(999)).toBe('999 B');
    expect(bytesText(5_850_470)).toBe('5.9 MB');
    expect(plural(1, 'person', 'people')).toBe('1 person');
    expect(plural(5858, 'person', 'people')).toBe('5,858 people');
    expect(dayText(1_453_680_000)).toBe('25 Jan 2016');
  });
});
