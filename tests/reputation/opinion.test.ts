import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf, fuse, opinionOf, opinionProblem } from '../../src/reputation/opinion.ts';
import { runs } from '../helpers/scale.ts';
import { refusal, seeded } from './arbitrary.ts';

const evidence = fc.record({ positive: fc.nat(4_000_000), negative: fc.nat(4_000_000) });

describe('opinions and evidence', () => {
  it('are the same thing: evidence → opinion → evidence', () => {
    fc.assert(
      fc.property(evidence, (given) => {
        const opinion = opinionOf(given);
        expect(opinion.belief + opinion.disbelief + opinion.uncertainty).toBeCloseTo(1, 12);
        expect(evidenceOf(opinion)).toEqual(given);
      }),
      seeded(runs(300, 5000)),
    );
  });

  it('fuse commutatively and associatively, with no evidence as neutral element', () => {
    fc.assert(
      fc.property(evidence, evidence, evidence, (a, b, c) => {
        expect(fuse(a, b)).toEqual(fuse(b, a));
        expect(fuse(fuse(a, b), c)).toEqual(fuse(a, fuse(b, c)));
        expect(fuse(a, { positive: 0, negative: 0 })).toEqual(a);
      }),
      seeded(runs(100, 1000)),
    );
  });

  it('fuse as cumulative fusion of opinions does (Jøsang 2016, section 12.3)', () => {
    fc.assert(
      fc.property(evidence, evidence, (one, other) => {
        const a = opinionOf(one);
        const b = opinionOf(other);
        const k = a.uncertainty + b.uncertainty - a.uncertainty * b.uncertainty;
        const fused = opinionOf(fuse(one, other));
        expect(fused.belief).toBeCloseTo((a.belief * b.uncertainty + b.belief * a.uncertainty) / k, 9);
        expect(fused.uncertainty).toBeCloseTo((a.uncertainty * b.uncertainty) / k, 9);
      }),
      seeded(runs(100, 1000)),
    );
  });

  it('rounds to milli-observations once: r = 2000·b/u', () => {
    expect(evidenceOf({ belief: 0.7, disbelief: 0.1, uncertainty: 0.2 })).toEqual({
      positive: 7000,
      negative: 1000,
    });
    expect(evidenceOf({ belief: 0, disbelief: 0, uncertainty: 1 })).toEqual({ positive: 0, negative: 0 });
    const u = 1 / 3;
    expect(evidenceOf({ belief: u, disbelief: u, uncertainty: u })).toEqual({
      positive: 2000,
      negative: 2000,
    });
  });

  it('refuses a dogmatic opinion with an error that names the attestation', async () => {
    const { code, message, where } = await refusal(() =>
      evidenceOf({ belief: 1, disbelief: 0, uncertainty: 0 }, 'attestation 4 (ann → bob, trust)'),
    );
    expect(code).toBe('input.opinion');
    expect(message).toContain('attestation 4 (ann → bob, trust) is dogmatic');
    expect(where).toContain('ann');
  });

  it('allows a sum off by 10⁻⁹ and no more', () => {
    expect(opinionProblem({ belief: 0.5, disbelief: 0.3, uncertainty: 0.2 + 9e-10 }, '')).toBeUndefined();
    expect(opinionProblem({ belief: 0.5, disbelief: 0.3, uncertainty: 0.2 + 1.2e-9 }, '')?.field).toBe(
      'opinion',
    );
  });

  it('refuses parts outside 0…1, and evidence above 32 bits', () => {
    for (const bad of [-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(opinionProblem({ belief: bad, disbelief: 0.5, uncertainty: 0.5 }, '')?.field).toBe(
        'opinion.belief',
      );
    }
    const tiny = 2000 / 2 ** 32;
    expect(opinionProblem({ belief: 1 - tiny, disbelief: 0, uncertainty: tiny }, '')).toBeUndefined();
    expect(
      opinionProblem({ belief: 1 - tiny / 2, disbelief: 0, uncertainty: tiny / 2 }, '')?.reason,
    ).toContain('32 bits');
  });
});
