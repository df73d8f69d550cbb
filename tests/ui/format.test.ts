// Numbers and times in words.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aboutIntervalMs } from '../../src/core/duration-words.ts';
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

  it('says predictions with their interval', () => {
    const about = (lowS: number, s: number, highS: number) =>
      aboutIntervalMs({ lowMs: 1000 * lowS, ms: 1000 * s, highMs: 1000 * highS });
    expect(about(3.1, 4.2, 6.3)).toBe('about 4 s (3 to 6 s)');
    expect(about(0.4, 0.6, 0.9)).toBe('under 1 s');
    expect(about(0.64, 0.8, 1.24)).toBe('about 0.8 s (0.6 to 1.2 s)');
    expect(about(1.1, 1.2, 1.4)).toBe('about 1.2 s (1.1 to 1.4 s)');
    expect(about(4, 4.1, 4.2)).toBe('about 4 s');
    expect(about(40, 50, 118)).toBe('about 50 s (40 s to 2 min)');
    expect(about(100, 200, 400)).toBe('about 3 min (2 to 7 min)');
    expect(about(3000, 5000, 9000)).toBe('about 83 min (50 min to 3 h)');
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
