// The campaign form: what is typed becomes exact terms, or each wrong field is named.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CampaignForm,
  emptyForm,
  ppmText,
  readForm,
  readPpm,
  readSeeds,
  readUtc,
  utcInput,
} from '../../src/ui/pages/campaign/form.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const NOW_MS = Date.UTC(2026, 0, 2);

function form(over: Partial<CampaignForm> = {}): CampaignForm {
  return {
    ...emptyForm(NOW_MS),
    name: 'Spring',
    issuer: 'example.org',
    campaignId: 's-1',
    demo: true,
    ...over,
  };
}

test('every ppm value is read back exactly as it is written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
      expect(readPpm(ppmText(ppm))).toBe(ppm);
    }),
    { seed: testSeed, numRuns: runs(500, 20_000) },
  );
  expect(readPpm('.5')).toBe(500_000);
  expect(readPpm('0,25')).toBe(250_000);
  for (const text of ['', '.', '1.000001', '2', '-0.1', '0.1234567', '1e-1', '0x1', 'a', '０.5']) {
    expect(readPpm(text), text).toBeNull();
  }
});

test('times are read as UTC, and only those that exist', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
      expect(readUtc(utcInput(seconds))).toBe(seconds);
    }),
    { seed: testSeed, numRuns: runs(500, 20_000) },
  );
  expect(readUtc('2016-01-25T00:00')).toBe(1_453_680_000);
  for (const text of [
    '',
    '2016-02-30T00:00',
    '2016-13-01T00:00',
    '2016-01-25',
    '2016-01-25T25:00',
    '25.1.2016',
  ]) {
    expect(readUtc(text), text).toBeNull();
  }
});

test('a complete form becomes terms', () => {
  const read = readForm(
    form({
      proofType: 'band',
      lower: '0.25',
      upper: '0.75',
      sizes: [256, 16],
      weights: 'flow',
      seeds: 'a\n\n b \na',
    }),
    NOW_MS,
  );
  expect(read).toEqual({
    ok: true,
    terms: {
      name: 'Spring',
      issuer: 'example.org',
      campaignId: 's-1',
      asOf: NOW_MS / 1000,
      baseRatePpm: 500_000,
      proofType: 'band',
      lowerPpm: 250_000,
      upperPpm: 750_000,
      acceptedSizes: [16, 256],
      weights: { kind: 'flow', seeds: ['a', 'b'] },
      demo: true,
      commitmentsCsv: null,
      allowUnsigned: false,
    },
  });
});

test('bounds that a proof type does not use are not read', () => {
  for (const proofType of ['exact', 'membership'] as const) {
    const read = readForm(form({ proofType, lower: 'nonsense', upper: 'nonsense' }), NOW_MS);
    expect(read).toMatchObject({ ok: true, terms: { lowerPpm: 0, upperPpm: 1_000_000 } });
  }
  expect(readForm(form({ proofType: 'threshold', lower: '0.7', upper: 'nonsense' }), NOW_MS)).toMatchObject({
    ok: true,
    terms: { lowerPpm: 700_000, upperPpm: 1_000_000 },
  });
});

test('every wrong field is named at once', () => {
  const read = readForm(
    form({
      name: ' ',
      issuer: 'a\0b',
      campaignId: '',
      asOfUtc: '2016-02-30T00:00',
      baseRate: '2',
      proofType: 'band',
      lower: '0.9',
      upper: '0.1',
      sizes: [],
      weights: 'flow',
      seeds: ' \n',
      demo: false,
      commitmentsCsv: null,
    }),
    NOW_MS,
  );
  if (read.ok) throw new Error('The form should have been refused.');
  expect(Object.keys(read.problems).sort()).toEqual(
    [
      'asOfUtc',
      'baseRate',
      'campaignId',
      'commitmentsCsv',
      'issuer',
      'name',
      'seeds',
      'sizes',
      'upper',
    ].sort(),
  );
});

test('a time that has not passed yet is refused', () => {
  expect(readForm(form({ asOfUtc: utcInput(NOW_MS / 1000 + 1) }), NOW_MS)).toMatchObject({
    ok: false,
    problems: { asOfUtc: expect.stringContaining('passed') },
  });
});

test('a real campaign keeps its table; a demo drops it', () => {
  const commitmentsCsv = 'subject,commitment\n1,2\n';
  expect(readForm(form({ demo: false, commitmentsCsv }), NOW_MS)).toMatchObject({
    ok: true,
    terms: { demo: false, commitmentsCsv },
  });
  expect(readForm(form({ demo: true, commitmentsCsv }), NOW_MS)).toMatchObject({
    ok: true,
    terms: { demo: true, commitmentsCsv: null },
  });
});

test('seeds keep what is inside a line', () => {
  expect(readSeeds('0xAb\r\nJane Doe\r\n')).toEqual(['0xAb', 'Jane Doe']);
});
