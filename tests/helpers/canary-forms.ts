// Every way in which a secret number might lie about: as digits, as bytes, and as what programs make of both when they
// write them down.

/** 64 bits, the first of them one: long enough that nothing holds its bytes by chance. */
export function drawCanary(): bigint {
  const [drawn] = crypto.getRandomValues(new BigUint64Array(1));
  return (1n << 63n) | drawn!;
}

export function formsOf(secret: bigint): [name: string, bytes: Buffer][] {
  const decimal = String(secret);
  // Without zeros in front: found within a longer number too.
  const hex = secret.toString(16);
  const big = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const little = Buffer.from(big).reverse();
  const bytes: [string, Buffer][] = [
    ['decimal', Buffer.from(decimal)],
    ['big-endian', big],
    ['little-endian', little],
  ];
  return [
    ...bytes,
    ['decimal in 16 bits', Buffer.from(decimal, 'utf16le')],
    ['hex', Buffer.from(hex)],
    ['capital hex', Buffer.from(hex.toUpperCase())],
    ['hex of little-endian', Buffer.from(little.toString('hex'))],
    ...bytes.flatMap(([name, raw]) =>
      base64Of(raw).map((text): [string, Buffer] => [`base64 of ${name}`, text]),
    ),
    // As SQL shows bytes, and JSON a Buffer.
    ['hex of decimal', Buffer.from(Buffer.from(decimal).toString('hex'))],
    ['list of decimal', Buffer.from([...Buffer.from(decimal)].join(','))],
  ];
}

/** Where it is found, in words. */
export function findCanary(places: [place: string, bytes: Buffer][], secret: bigint): string[] {
  const forms = formsOf(secret);
  return places.flatMap(([place, bytes]) =>
    forms.filter(([, form]) => bytes.includes(form)).map(([name]) => `${place}: ${name}`),
  );
}

/** Wherever in a longer text it begins: only what depends on nothing beside it. */
function base64Of(raw: Buffer): Buffer[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), raw]).toString('base64');
    const from = Math.ceil((before * 4) / 3);
    const whole = Math.floor(((before + raw.length) * 8) / 6);
    return Buffer.from(text.slice(from, whole));
  });
}
