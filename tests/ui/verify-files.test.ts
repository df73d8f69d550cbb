// The Verify page's files and words: which parts of plain proofs belong together, the export, ages.
import { expect, test } from 'vitest';
import { partStem } from '../../src/ui/pages/verify/raw-proofs.ts';
import { CLAIMS_MAX, readFiles } from '../../src/ui/pages/verify/read-files.ts';
import { acceptedCsv, ageInWords } from '../../src/ui/pages/verify/words.ts';

const file = (name: string, text: string) => new File([text], name, { type: 'application/json' });

test('plain snarkjs files find each other by name; parts without a partner say so', async () => {
  const proof = '{"pi_a":["1","2","1"]}';
  const signals = '["1","2"]';
  const vkey = JSON.stringify({ vk_alpha_1: ['5', '1', '1'] });
  const kinds = async (files: File[]) =>
    (await readFiles(files)).items.map(({ kind, name }) => `${name}: ${kind}`);
  expect(
    await kinds([file('proof.json', proof), file('public.json', signals), file('vkey.json', vkey)]),
  ).toEqual(['proof.json: raw']);
  expect(
    await kinds([
      file('anna.proof.json', proof),
      file('ben-public.json', signals),
      file('anna_publicSignals.json', signals),
      file('ben-proof.json', proof),
      file('verification_key.json', vkey),
    ]),
  ).toEqual(['anna.proof.json: raw', 'ben-proof.json: raw']);
  expect(
    await kinds([file('a-proof.json', proof), file('b-proof.json', proof), file('public.json', signals)]),
  ).toEqual(['a-proof.json: bad', 'b-proof.json: bad', 'public.json: bad']);
  expect(
    await kinds([file('full.json', `{"proof":${proof},"publicSignals":${signals}}`), file('k.json', vkey)]),
  ).toEqual(['full.json: raw']);
  expect(await kinds([file('other.json', '{"a":1}'), file('n.json', '7')])).toEqual([
    'other.json: bad',
    'n.json: bad',
  ]);
  expect(partStem('Anna (1).Proof.json')).toBe('anna 1');
});

test('a file of very many claims is refused as a whole, and a large one is read with pauses', async () => {
  const list = (count: number) => file('many.json', `[${Array(count).fill('{}').join(',')}]`);
  let pauses = 0;
  const pacer = {
    due: () => true,
    pause: async () => {
      pauses++;
    },
  };
  const full = await readFiles([list(CLAIMS_MAX)], pacer);
  expect(full.items).toHaveLength(CLAIMS_MAX);
  expect(full.items.at(-1)).toMatchObject({ kind: 'bad', name: `many.json, claim ${CLAIMS_MAX}` });
  // At every claim there is a chance to pause, so no run of claims holds the page.
  expect(pauses).toBeGreaterThanOrEqual(CLAIMS_MAX);
  const { items } = await readFiles([list(CLAIMS_MAX + 1), file('n.json', '7')], pacer);
  expect(items).toMatchObject([
    {
      kind: 'bad',
      name: 'many.json',
      error: { code: 'input.too-many-claims', nextStep: 'Split the file into smaller ones.' },
    },
    { kind: 'bad', name: 'n.json' },
  ]);
});

test('a list of claims that is cut off keeps what came before', async () => {
  const { items } = await readFiles([file('cut.json', ' [{},{"a":[1,2]},{"b"')]);
  expect(items.map(({ name }) => name)).toContain('cut.json, claim 2');
  expect(items.at(-1)).toMatchObject({ kind: 'bad', error: { code: 'input.not-json' } });
});

test('the export holds every accepted claim, whole', () => {
  const csv = acceptedCsv([
    {
      scope: '1',
      nullifier: '123456789012345678901234567890',
      campaignName: '=cmd()',
      claimantPayload: '0xabc, "quoted"',
      shows: 'at least 0.7',
      demo: true,
      acceptedAtMs: 0,
    },
  ]);
  expect(csv.split('\r\n')[1]).toBe(
    '"1970-01-01T00:00:00.000Z","\'=cmd()","demo","0xabc, ""quoted""","at least 0.7","1","123456789012345678901234567890"',
  );
});

test('ages are told in the unit that fits', () => {
  const day = 86_400;
  expect(ageInWords(0, 0)).toBe('today');
  expect(ageInWords(0, day * 1000)).toBe('1 day old');
  expect(ageInWords(0, 59 * day * 1000)).toBe('59 days old');
  expect(ageInWords(0, 365 * day * 1000)).toBe('11 months old');
  expect(ageInWords(0, 1_000 * day * 1000)).toBe('2 years old');
  expect(ageInWords(10 * day, 0)).toBe('in the future');
});
