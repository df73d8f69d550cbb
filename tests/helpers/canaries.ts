// Looks for a secret number in files, requests and texts, in every form in which a program might have written it down:
// as digits, as bytes, and as what programs make of both.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Place = [name: string, bytes: Buffer];
type Form = [name: string, bytes: Buffer];

/** 64 bits, the first of them one: long enough that nothing holds its bytes by chance. */
export function drawCanary(): bigint {
  const [drawn] = crypto.getRandomValues(new BigUint64Array(1));
  return (1n << 63n) | drawn!;
}

/** None of them has zeros at its ends that are not the number's own: so it is found within a longer number too. */
export function formsOf(secret: bigint | string): Form[] {
  const hex = BigInt(secret).toString(16);
  const big = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const little = Buffer.from(big).reverse();
  const decimal = Buffer.from(String(secret));
  const digits = Object.entries({
    decimal: String(secret),
    hex,
    'capital hex': hex.toUpperCase(),
    'hex of little-endian': little.toString('hex'),
    'capital hex of little-endian': little.toString('hex').toUpperCase(),
  });
  const bytes: Form[] = [
    ['big-endian', big],
    ['little-endian', little],
  ];
  return [
    ...digits.flatMap(([name, text]): Form[] => [
      [name, Buffer.from(text)],
      [`${name} in 16 bits`, Buffer.from(text, 'utf16le')],
    ]),
    ...bytes,
    ...[['decimal', decimal] satisfies Form, ...bytes].flatMap(([name, raw]): Form[] => [
      ...base64Of(raw).map((text): Form => [`base64 of ${name}`, Buffer.from(text)]),
      [`list of ${name}`, Buffer.from([...raw].join(','))],
    ]),
    // As SQL shows bytes.
    ['hex of decimal', Buffer.from(decimal.toString('hex'))],
  ];
}

/** In both alphabets, and wherever in a longer text it begins: only what depends on nothing beside it. */
function base64Of(raw: Buffer): string[] {
  const all = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), raw]).toString('base64');
    const from = Math.ceil((before * 4) / 3);
    const whole = Math.floor(((before + raw.length) * 8) / 6);
    return text.slice(from, whole);
  });
  return [...new Set(all.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]))];
}

/** Where any of them is found in any form, in words. */
export function findCanaries(secrets: readonly (bigint | string)[], places: Iterable<Place>): string[] {
  const forms = secrets.flatMap(formsOf);
  return [...places].flatMap(([place, bytes]) =>
    forms.filter(([, form]) => bytes.includes(form)).map(([name]) => `${place}: ${name}`),
  );
}

/** Texts that hold bytes one to one. */
export function textPlaces(texts: Record<string, string>): Place[] {
  return Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, 'latin1')]);
}

export function filesIn(folder: string): Place[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path)]);
}
