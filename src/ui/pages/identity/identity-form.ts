// What may be typed on the identity page, and the files it gives out. Pure.
import { PASSPHRASE_CHARS_MIN } from '../../../reputation/identity.ts';

export const NAME_CHARS_MAX = 60;

export interface NewIdentity {
  name: string;
  passphrase: string;
  repeat: string;
}

export type Problems<Fields> = Partial<Record<keyof Fields, string>>;

/** What is wrong with each field, in words; empty when all is well. */
export function newIdentityProblems({ name, passphrase, repeat }: NewIdentity): Problems<NewIdentity> {
  return {
    ...(name.trim() === '' ? { name: 'Give it a name that tells you what it is for.' } : {}),
    ...(passphrase.length < PASSPHRASE_CHARS_MIN
      ? { passphrase: `Use at least ${PASSPHRASE_CHARS_MIN} characters. Four or more words are best.` }
      : {}),
    ...(repeat === passphrase ? {} : { repeat: 'This is not the same as above.' }),
  };
}

/** Letters and digits of a name, for a file's. */
function plain(text: string): string {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return words.replace(/^-+|-+$/g, '').slice(0, 40) || 'unnamed';
}

export interface NamedText {
  name: string;
  text: string;
}

/** A campaign takes this file as it is, or its lines joined with others'. */
export function registrationFile(campaignId: string, subject: string, line: string): NamedText {
  return {
    name: `registration-${plain(campaignId)}-${plain(subject)}.csv`,
    text: `subject,commitment,signature\n${line}\n`,
  };
}

/** Only the export string, so that the file's whole text can be pasted back. */
export function backupFile(identityName: string, exported: string): NamedText {
  return { name: `identity-${plain(identityName)}-unencrypted.txt`, text: `${exported}\n` };
}
