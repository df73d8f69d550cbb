// Looks for a secret number in files and texts, in every spelling that a program would write it in.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Decimal and hex as 8-bit and 16-bit text, the 32 bytes in both orders, and base64 of bytes and decimal wherever in
 * a longer text they stand. */
export function formsOf(canary: string): [name: string, bytes: Buffer][] {
  // Without leading zeros: so it is found with them, too.
  const hex = BigInt(canary).toString(16);
  const texts = [canary, hex, hex.toUpperCase()];
  const bytes = Buffer.from(hex.padStart(64, '0'), 'hex');
  const little = Buffer.from(bytes).reverse();
  const coded = Object.entries({
    'big-endian': bytes,
    'little-endian': little,
    decimal: Buffer.from(canary),
  });
  return [
    ...texts.flatMap((text): [string, Buffer][] => [
      [text, Buffer.from(text, 'latin1')],
      [`${text} in 16 bits`, Buffer.from(text, 'utf16le')],
    ]),
    ['big-endian bytes', bytes],
    ['little-endian bytes', little],
    ...coded.flatMap(([name, content]) =>
      base64Of(content).map((text): [string, Buffer] => [`${name} in base64`, Buffer.from(text)]),
    ),
  ];
}

/** What stands in base64, of both alphabets, whatever stands before and after. */
function base64Of(content: Buffer): string[] {
  const all = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), content])
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at both ends hold bits of their neighbours.
    return text.slice(before === 0 ? 0 : before + 1, (content.length + before) % 3 === 0 ? undefined : -1);
  });
  return [...new Set(all.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]))];
}

export function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Where any form of any canary is found: in a folder's files, and in texts that hold bytes one to one. */
export function findCanaries(
  canaries: readonly string[],
  folder: string | null,
  texts: Record<string, string>,
): string[] {
  const hits: string[] = [];
  const forms = canaries.flatMap(formsOf);
  const search = (where: string, content: Buffer) => {
    for (const [form, bytes] of forms) if (content.includes(bytes)) hits.push(`${form}: ${where}`);
  };
  for (const file of folder === null ? [] : filesIn(folder)) search(file, readFileSync(file));
  for (const [where, text] of Object.entries(texts)) search(where, Buffer.from(text, 'latin1'));
  return hits;
}
