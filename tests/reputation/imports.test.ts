import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { readAttestations, readAttestationValues } from '../../src/reputation/attestation.ts';
import { NEVER, WEIGHT_ONE } from '../../src/reputation/constants.ts';
import { readRatings } from '../../src/reputation/ratings.ts';
import { RowProblem } from '../../src/reputation/rows.ts';
import { runs } from '../helpers/scale.ts';
import { refusal, seeded } from './arbitrary.ts';

const good = {
  source: '0xABCDEF',
  target: 'Bob',
  opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.2, base_rate: 0.5 },
  attestation_type: 'trust',
  weight: 0.5,
  created_at: 1_700_000_000_999,
  expires_at: 1_800_000_000_999,
};

describe('rating CSV', () => {
  it('spends no stack trace on a bad row, since there may be a million', () => {
    expect(new RowProblem('is bad')).not.toBeInstanceOf(Error);
  });

  it('reads ratings as tenths of observations that never expire and weigh 1', async () => {
    const { rows, rejectedCount } = await readRatings('6,2,4,1289241912\n1,15,-10,1289243140.75\n');
    expect(rejectedCount).toBe(0);
    expect(rows[0]).toEqual({
      source: '6',
      target: '2',
      type: 'rating',
      createdAtMs: 1_289_241_912_000,
      positive: 400,
      negative: 0,
      weight: WEIGHT_ONE,
      expiresAt: NEVER,
    });
    expect(rows[1]).toMatchObject({ positive: 0, negative: 1000, createdAtMs: 1_289_243_140_750 });
  });

  it('gives the same for a byte order mark, any line ends, a header, other columns, spaces and quotes', async () => {
    const plain = (await readRatings('ann,0xAB,4,1000\nbob,"c, d",-3,2000')).rows;
    expect(plain.map(({ target }) => target)).toEqual(['0xab', 'c, d']);
    for (const same of [
      '\ufeffann,0xAB,4,1000\r\nbob,"c, d",-3,2000\r\n',
      'ann,0xAB,4,1000\rbob,"c, d",-3,2000\r',
      'source,target,rating,time\nann,0xAB,4,1000\n\n\nbob,"c, d",-3,2000\n',
      'Time, Rating, Source, Target\n1000,4,ann,0xAB\n2000,-3,bob,"c, d"\n',
      ' ann ,\t0xAB , +4 , 1000 \n "bob" , "c, d" ,-3,2000\n',
    ]) {
      const { rows, rejected } = await readRatings(same);
      expect(rejected).toEqual([]);
      expect(rows).toEqual(plain);
    }
  });

  it('refuses each bad row with line, field and reason, and keeps the good ones', async () => {
    const csv = [
      'source,target,rating,time',
      'a,b,5,1000',
      'a,b,11,1000',
      'a,b,0,1000',
      'a,b,2.5,1000',
      '',
      'a,,5,1000',
      'a,b,5',
      'a,b,5,yesterday',
      'a,b,5,9999999999999',
      `${'x'.repeat(257)},b,5,1000`,
      'a,b\u0007,5,1000',
      'a,"b,5,1000',
      '"a"x,b,5,1000',
      'c,d,-5,1000',
    ].join('\n');
    const { rows, rejected, rejectedCount } = await readRatings(csv);
    expect(rows.map(({ source }) => source)).toEqual(['a', 'c']);
    expect(rejectedCount).toBe(11);
    expect(rejected.map(({ line, field }) => [line, field])).toEqual([
      [3, 'rating'],
      [4, 'rating'],
      [5, 'rating'],
      [7, 'target'],
      [8, undefined],
      [9, 'time'],
      [10, 'time'],
      [11, 'source'],
      [12, 'target'],
      [13, undefined],
      [14, undefined],
    ]);
    expect(rejected.every(({ reason }) => reason.length > 5)).toBe(true);
  });

  it('counts the lines inside quoted cells', async () => {
    const { rejected } = await readRatings('a,b,5,1000\n"x\ny",b,5,1000\na,b,99,1000\n');
    expect(rejected.map(({ row, line }) => [row, line])).toEqual([
      [2, 2],
      [3, 4],
    ]);
  });

  it('loses one line to a stray quotation mark, even when another one follows far below', async () => {
    const rows = Array.from({ length: 500 }, (_, at) => `a${at},b,5,1000`);
    const csv = ['a,"b,5,1000', ...rows, 'a,b",5,1000', ...rows].join('\n');
    const { rows: read, rejected } = await readRatings(csv);
    expect(read.length).toBe(1001);
    expect(rejected.map(({ line }) => line)).toEqual([1]);
  });

  it('never fails on any text: each row is read or refused', async () => {
    const piece = fc.constantFrom(
      'a',
      '"',
      '""',
      ',',
      '\n',
      '\r\n',
      '\r',
      ' ',
      '5',
      '-3',
      '1000',
      '\ufeff',
      'é',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const text = pieces.join('');
        const { rows, rejectedCount, rejected } = await readRatings(text);
        expect(rejected.length).toBe(rejectedCount);
        const lines = text.split(/\r\n|\r|\n/).length;
        expect(rows.length + rejectedCount).toBeLessThanOrEqual(lines);
        for (const { line } of rejected) expect(line).toBeLessThanOrEqual(lines);
      }),
      seeded(runs(200, 5000)),
    );
  });

  it('keeps the first thousand refusals and counts the rest', async () => {
    const { rejected, rejectedCount } = await readRatings('bad\n'.repeat(1500));
    expect([rejected.length, rejectedCount]).toEqual([1000, 1500]);
  });

  it('stops when cancelled', async () => {
    const cancel = new AbortController();
    cancel.abort();
    expect((await refusal(() => readRatings('a,b,5,1000', { signal: cancel.signal }))).code).toBe(
      'cancelled.by-person',
    );
  });
});

describe('attestation JSON', () => {
  it('reads evidence, weight and seconds as the design says', async () => {
    const { rows, rejected } = await readAttestations(JSON.stringify([good]));
    expect(rejected).toEqual([]);
    expect(rows).toEqual([
      {
        source: '0xabcdef',
        target: 'Bob',
        type: 'trust',
        createdAtMs: 1_700_000_000_999,
        positive: 7000,
        negative: 1000,
        weight: 32_768,
        expiresAt: 1_800_000_000,
      },
    ]);
  });

  it('takes a missing expires_at as never, and ignores base_rate and unknown fields', () => {
    const { expires_at, ...never } = good;
    expect(expires_at).toBeDefined();
    const other = { ...never, opinion: { ...good.opinion, base_rate: 17 }, comment: 'x' };
    const { rows } = readAttestationValues([never, { ...never, expires_at: null }, other]);
    expect(rows.map((row) => row.expiresAt)).toEqual([NEVER, NEVER, NEVER]);
    expect(rows[2]).toEqual(rows[0]);
  });

  it('refuses each bad element with its line and field', async () => {
    const bad: [string, unknown][] = [
      ['source', { ...good, source: '' }],
      ['target', { ...good, target: 7 }],
      ['attestation_type', { ...good, attestation_type: undefined }],
      ['opinion', { ...good, opinion: null }],
      ['opinion.belief', { ...good, opinion: { ...good.opinion, belief: '0.7' } }],
      ['opinion', { ...good, opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.3 } }],
      ['opinion.uncertainty', { ...good, opinion: { belief: 1, disbelief: 0, uncertainty: 0 } }],
      ['weight', { ...good, weight: 1.01 }],
      ['weight', { ...good, weight: -0.01 }],
      ['created_at', { ...good, created_at: -1 }],
      ['created_at', { ...good, created_at: '2023' }],
      ['expires_at', { ...good, expires_at: 2 ** 40 * 1000 }],
    ];
    const lines = [JSON.stringify(good), ...bad.map(([, value]) => JSON.stringify(value)), '7', '{"a":}'];
    const { rows, rejected } = await readAttestations(`[\n${lines.join(',\n')},\n${JSON.stringify(good)}\n]`);
    expect(rows.length).toBe(2);
    expect(rejected.map(({ field }) => field)).toEqual([
      ...bad.map(([field]) => field),
      undefined,
      undefined,
    ]);
    expect(rejected.map(({ line }) => line)).toEqual(rejected.map((_, at) => at + 3));
    expect(rejected.map(({ row }) => row)).toEqual(rejected.map((_, at) => at + 2));
    expect(rejected[6]!.reason).toContain('attestation 8 (0xABCDEF → Bob, trust) is dogmatic');
  });

  it('keeps the good elements of a file that is cut off or has a mistake', async () => {
    const text = JSON.stringify([good, good]);
    const cut = await readAttestations(text.slice(0, -20));
    expect(cut.rows.length).toBe(1);
    expect(cut.rejected.map(({ reason }) => reason)).toEqual([
      'is not valid JSON',
      'the array is not closed, the file may be cut off',
    ]);
    const comma = await readAttestations(`[${JSON.stringify(good)},]`);
    expect([comma.rows.length, comma.rejectedCount]).toEqual([1, 1]);
    expect((await readAttestations(' [ ] ')).rejectedCount).toBe(0);
    expect((await readAttestations('\ufeff[]')).rows).toEqual([]);
  });

  it('refuses what is not an array, and text after the array', async () => {
    expect((await refusal(() => readAttestations('{"a":1}'))).code).toBe('input.attestations');
    expect((await readAttestations(`[${JSON.stringify(good)}] , 5]`)).rejectedCount).toBe(1);
  });

  it('never quotes a value in a refusal', async () => {
    const canary = 0.123456789;
    const elements = [
      { ...good, opinion: { ...good.opinion, belief: canary } },
      { ...good, weight: canary + 5 },
      { ...good, created_at: `${canary}` },
    ];
    const { rejected } = readAttestationValues(elements);
    expect(rejected.length).toBe(3);
    expect(JSON.stringify(rejected)).not.toContain('23456789');
  });

  it('reads as JSON.parse does, whatever the spelling', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.json(), { maxLength: 6 }),
        fc.constantFrom('', ' ', '\n', '\r\n\t'),
        async (elements, space) => {
          const text = `[${space}${elements.join(`${space},${space}`)}${space}]`;
          const { rows, rejected } = await readAttestations(text);
          expect(rows).toEqual([]);
          expect(rejected.length).toBe(elements.length);
          for (const { reason } of rejected) expect(reason).not.toBe('is not valid JSON');
        },
      ),
      seeded(runs(200, 3000)),
    );
  });

  it('fails only with its own error on any text', async () => {
    const piece = fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '1', ' ', '\n', 'null', '"a"');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        try {
          await readAttestations(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(GnomonError);
        }
      }),
      seeded(runs(300, 5000)),
    );
  });
});
