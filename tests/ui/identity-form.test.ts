// What the identity page accepts, gives out, and shows when reads overtake one another.
import { describe, expect, it } from 'vitest';
import { makeReader } from '../../src/ui/pages/identity/create-identities.ts';
import {
  backupFile,
  newIdentityProblems,
  registrationFile,
} from '../../src/ui/pages/identity/identity-form.ts';

describe('a new identity', () => {
  const good = { name: 'Mine', passphrase: 'four words are best', repeat: 'four words are best' };

  it('needs a name, a passphrase that is long enough, and the same one again', () => {
    expect(newIdentityProblems(good)).toEqual({});
    expect(Object.keys(newIdentityProblems({ ...good, name: ' ' }))).toEqual(['name']);
    expect(Object.keys(newIdentityProblems({ ...good, repeat: 'four words are bes' }))).toEqual(['repeat']);
    const short = { ...good, passphrase: '1234567', repeat: '1234567' };
    expect(Object.keys(newIdentityProblems(short))).toEqual(['passphrase']);
    expect(newIdentityProblems({ ...good, passphrase: '12345678', repeat: '12345678' })).toEqual({});
  });
});

describe('files', () => {
  it('carry a header and the signed line, under a name that is safe anywhere', () => {
    expect(registrationFile('Air/drop 1', '0xAB..', '0xab,5,ff')).toEqual({
      name: 'registration-air-drop-1-0xab.csv',
      text: 'subject,commitment,signature\n0xab,5,ff\n',
    });
    expect(registrationFile('日本', '../..', 'l').name).toBe('registration-unnamed-unnamed.csv');
  });

  it('say of a backup that it is unencrypted, and hold only what can be imported', () => {
    expect(backupFile('Åsa’s key', 'YWJj')).toEqual({
      name: 'identity-a-sa-s-key-unencrypted.txt',
      text: 'YWJj\n',
    });
  });
});

describe('reading again', () => {
  it('shows the newest read, whichever comes back last', async () => {
    const waiting: ((value: number) => void)[] = [];
    const shown: number[] = [];
    const read = makeReader(
      () => new Promise<number>((resolve) => waiting.push(resolve)),
      (value) => shown.push(value),
      () => shown.push(-1),
    );
    const both = [read(), read()];
    waiting[1]!(2);
    waiting[0]!(1);
    await Promise.all(both);
    expect(shown).toEqual([2]);
  });
});
