import { Identity } from '@semaphore-protocol/identity';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deriveKeyPair, isSigned, SUBGROUP_ORDER } from '../../src/reputation/baby-jubjub.ts';
import { demoCommitments, demoKeyPair, demoPrivateKey } from '../../src/reputation/demo.ts';
import {
  createIdentity,
  decryptIdentity,
  encryptIdentity,
  exportIdentity,
  importIdentity,
  openIdentity,
} from '../../src/reputation/identity.ts';
import { buildNetwork } from '../../src/reputation/network.ts';
import {
  commitmentsOf,
  isRegistered,
  readCommitments,
  registrationLine,
  registrationMessage,
  signRegistration,
} from '../../src/reputation/registration.ts';
import { runs } from '../helpers/scale.ts';
import { AS_OF, rating, refusal, seeded } from './arbitrary.ts';

const PASSPHRASE = 'correct horse battery';
const identity = openIdentity(new Uint8Array(32).fill(7));

afterEach(() => vi.unstubAllGlobals());

describe('identities', () => {
  it('are Semaphore v4’s, also when derived in bulk', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const semaphore = new Identity(bytes);
        const expected = { secretScalar: semaphore.secretScalar, commitment: semaphore.commitment };
        expect(deriveKeyPair(bytes)).toEqual(expected);
        expect(openIdentity(Uint8Array.from(bytes))).toMatchObject(expected);
      }),
      seeded(runs(8, 100)),
    );
  });

  it('are 32 random bytes, and refused without cryptographic randomness', async () => {
    const made = createIdentity();
    expect(made.privateKey.length).toBe(32);
    expect(createIdentity().commitment).not.toBe(made.commitment);
    vi.stubGlobal('crypto', undefined);
    expect((await refusal(createIdentity)).code).toBe('input.no-randomness');
  });

  it('travel as Semaphore export strings, both ways', async () => {
    const semaphore = new Identity('a text key, as older apps made');
    expect(importIdentity(` ${semaphore.export()}\n`).commitment).toBe(semaphore.commitment);
    expect(Identity.import(exportIdentity(identity)).commitment).toBe(identity.commitment);
    for (const bad of ['', 'not base64!', 'abc', 'A'.repeat(4000), 'YQ=a']) {
      const { code, message } = await refusal(() => importIdentity(bad));
      expect(code).toBe('input.identity');
      if (bad !== '') expect(message).not.toContain(bad);
    }
  });
});

describe('identity at rest', () => {
  it('opens with its passphrase only, however it is composed', async () => {
    const stored = await encryptIdentity(identity, 'caf\u00e9 au lait');
    expect(stored).toMatchObject({ kdf: 'PBKDF2-SHA-256', rounds: 600_000 });
    expect(await decryptIdentity(stored, 'cafe\u0301 au lait')).toEqual(identity);
    expect((await refusal(() => decryptIdentity(stored, 'cafe au lait'))).code).toBe('input.passphrase');
  });

  it('holds no trace of the key, and is fresh each time', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => encryptIdentity(identity, PASSPHRASE)));
    const text = JSON.stringify(one);
    expect(text).not.toContain('07070707');
    expect(text).not.toContain(`${identity.secretScalar}`);
    expect([one!.salt, one!.iv]).not.toEqual([other!.salt, other!.iv]);
    expect(one!.ciphertext).not.toBe(other!.ciphertext);
  });

  it('is refused with anything altered', async () => {
    const stored = await encryptIdentity(identity, PASSPHRASE);
    const flip = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;
    const code = async (change: object) =>
      (await refusal(() => decryptIdentity({ ...stored, ...change }, PASSPHRASE))).code;
    expect(await code({ ciphertext: flip(stored.ciphertext) })).toBe('input.passphrase');
    expect(await code({ iv: flip(stored.iv) })).toBe('input.passphrase');
    expect(await code({ salt: flip(stored.salt) })).toBe('input.passphrase');
    expect(await code({ commitment: '5' })).toBe('input.passphrase');
    expect(await code({ rounds: 1000 })).toBe('input.malformed');
    expect(await code({ rounds: 1e12 })).toBe('input.malformed');
    expect(await code({ kdf: 'none' })).toBe('input.malformed');
  });

  it('is refused with few rounds, a short passphrase, or without crypto.subtle', async () => {
    expect((await refusal(() => encryptIdentity(identity, PASSPHRASE, 599_999))).code).toBe('input.rounds');
    expect((await refusal(() => encryptIdentity(identity, 'short'))).code).toBe('input.passphrase');
    vi.stubGlobal('crypto', { getRandomValues: () => undefined });
    expect((await refusal(() => encryptIdentity(identity, PASSPHRASE))).code).toBe('input.insecure-page');
  });
});

describe('registration', () => {
  it('is a Semaphore signature over campaign id and subject', () => {
    const signature = signRegistration(identity, 'drop', '0xAB');
    const { commitment } = identity;
    const check = (campaignId: string, subject: string, of = commitment, text = signature) =>
      isRegistered(campaignId, { subject, commitment: of, signature: text });
    expect(check('drop', '0xab')).toBe(true);
    expect(check('drop2', '0xab')).toBe(false);
    expect(check('drop', '0xac')).toBe(false);
    expect(check('drop', '0xab', commitment + 1n)).toBe(false);
    expect(check('drop', '0xab', commitment, signature.toUpperCase())).toBe(false);
    for (let part = 0; part < 5; part++) {
      const at = part * 64 + 63;
      const digit = signature[at] === '0' ? '1' : '0';
      expect(
        check('drop', '0xab', commitment, `${signature.slice(0, at)}${digit}${signature.slice(at + 1)}`),
      ).toBe(false);
    }
  });

  it('is checked as Semaphore checks it, and has one form', () => {
    const semaphore = new Identity(identity.privateKey);
    const message = registrationMessage('drop', 'ann');
    const { R8, S } = semaphore.signMessage(message);
    const publicKey: [bigint, bigint] = [semaphore.publicKey[0], semaphore.publicKey[1]];
    const r8: [bigint, bigint] = [BigInt(R8[0]), BigInt(R8[1])];
    const s = BigInt(S);
    expect(Identity.verifySignature(message, { R8, S }, semaphore.publicKey)).toBe(true);
    expect(isSigned(message, { publicKey, r8, s })).toBe(true);
    expect(isSigned(message, { publicKey, r8, s: s + SUBGROUP_ORDER })).toBe(false);
    expect(isSigned(message + 1n, { publicKey, r8, s })).toBe(false);
    // Keys of small order and points off the curve.
    expect(isSigned(message, { publicKey: [0n, 1n], r8, s })).toBe(false);
    expect(isSigned(message, { publicKey: [1n, 1n], r8, s })).toBe(false);
    expect(isSigned(message, { publicKey, r8: [1n, 1n], s })).toBe(false);
  });

  it('makes a table; whoever appears twice is refused wherever they appear', async () => {
    const [a, b, c] = [1, 2, 3].map((key) => openIdentity(new Uint8Array([key])));
    const line = (of: typeof a, subject: string) => registrationLine(of!, 'drop', subject);
    const csv = [
      'subject,commitment,signature',
      line(a, 'ann'),
      line(b, '0xB0B'),
      line(b, 'bob again'),
      line(c, 'a, "quoted" one'),
      `unsigned,${demoKeyPair('u').commitment}`,
      'bad,0,',
      `forged,${a!.commitment},${signRegistration(b!, 'drop', 'forged')}`,
    ].join('\n');
    const { rows, rejected } = await readCommitments(csv, { campaignId: 'drop' });
    expect(rows).toEqual([
      { subject: 'ann', commitment: a!.commitment, signed: true },
      { subject: 'a, "quoted" one', commitment: c!.commitment, signed: true },
    ]);
    expect(rejected.map(({ line, field }) => [line, field])).toEqual([
      [3, 'commitment'],
      [4, 'commitment'],
      [6, 'signature'],
      [7, 'commitment'],
      [8, 'signature'],
    ]);
    const open = await readCommitments(csv, { campaignId: 'drop', allowUnsigned: true });
    expect(open.rows.map(({ signed }) => signed)).toEqual([true, true, false]);
    const twice = await readCommitments('x,1\nX,2\nx,3', { campaignId: 'drop', allowUnsigned: true });
    expect(twice.rows).toEqual([{ subject: 'X', commitment: 2n, signed: false }]);
    expect(twice.rejected.map(({ row, field }) => [row, field])).toEqual([
      [1, 'subject'],
      [3, 'subject'],
    ]);
  });
});

describe('a network of the registered', () => {
  const rows = [rating('x', 'ann', 5), rating('x', 'bob', 5), rating('x', 'cy', -5)];
  const options = { asOf: AS_OF, baseRatePpm: 500_000, weights: { kind: 'uniform' as const } };

  it('leaves out and lists subjects without a commitment, and those without evidence', async () => {
    const commitments = commitmentsOf([
      { subject: 'ann', commitment: 11n, signed: true },
      { subject: 'cy', commitment: 12n, signed: true },
      { subject: 'dee', commitment: 13n, signed: true },
    ]);
    const network = await buildNetwork(rows, { ...options, commitments });
    expect([...network.people.keys()]).toEqual(['ann', 'cy']);
    expect(network.leftOut).toEqual({ withoutCommitment: ['bob'], withoutEvidence: ['dee'], tooMany: [] });
    expect(network.demo).toBe(false);
  });

  it('refuses demo commitments unless it is a demo', async () => {
    const commitments = new Map([
      ['ann', 11n],
      ['bob', demoKeyPair('ann').commitment],
    ]);
    expect((await refusal(() => buildNetwork(rows, { ...options, commitments }))).code).toBe(
      'input.demo-commitment',
    );
    // Nor of those who are in the network but not in the table, or who are in the sample.
    for (const subject of ['x', 'cy', 'Marlow', 'Zeno']) {
      const theirs = new Map([['ann', demoKeyPair(subject).commitment]]);
      expect((await refusal(() => buildNetwork(rows, { ...options, commitments: theirs }))).code).toBe(
        'input.demo-commitment',
      );
    }
    const demo = await buildNetwork(rows, { ...options, commitments: 'demo' });
    expect(demo.demo).toBe(true);
    expect(demo.people.get('ann')!.commitment).toBe(new Identity(demoPrivateKey('ann')).commitment);
    expect(await demoCommitments(['ann'])).toEqual(new Map([['ann', demoKeyPair('ann').commitment]]));
  });
});
