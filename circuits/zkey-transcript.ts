// Reads what a ceremony left in a snarkjs zkey: who contributed, in what order, and the hashes that
// contributors saw on their screens. Checks form only; zKey.verifyFromR1cs checks the mathematics.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { buildBn128 } from 'ffjavascript';
import { GnomonError } from '../src/core/errors.ts';
import type { G1Json } from '../src/core/groth16.ts';

export interface Contribution {
  name: string;
  /** blake2b-512 of the contribution's public key, as snarkjs prints it; hex. */
  hash: string;
  beacon?: { hash: string; iterationsExponent: number };
}

export interface ZkeyTranscript {
  /** Hash of the circuit's initial parameters; hex. */
  circuitHash: string;
  contributions: Contribution[];
  alpha1: G1Json;
}

const G1_BYTES = 64;
const G2_BYTES = 128;
const HASH_BYTES = 64;
const MAX_CONTRIBUTIONS = 10_000;
// Fields and sizes before [α]₁ in section 2.
const HEADER_PREFIX = 2 * (4 + 32) + 3 * 4;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function refuse(path: string, what: string): never {
  throw new GnomonError('artifact.bad-zkey', `This is not a usable Groth16 zkey: ${what}.`, {
    nextStep: 'Get the file again from the previous contributor and compare its digest.',
    where: path,
  });
}

async function readSections(path: string): Promise<{ header: Uint8Array; transcript: Uint8Array }> {
  const file = await open(path, 'r').catch(() => refuse(path, 'it cannot be opened'));
  try {
    const { size } = await file.stat();
    const at = async (offset: number, length: number) => {
      if (offset + length > size) refuse(path, 'it is cut short');
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, offset);
      return bytes;
    };
    const start = new DataView((await at(0, 12)).buffer);
    if (start.getUint32(0, false) !== 0x7a6b6579) refuse(path, 'it does not start with "zkey"');
    const found = new Map<number, Uint8Array>();
    let offset = 12;
    for (let i = 0; i < start.getUint32(8, true); i++) {
      const head = new DataView((await at(offset, 12)).buffer);
      const [type, bytes] = [head.getUint32(0, true), head.getBigUint64(4, true)];
      if (bytes > BigInt(size - offset - 12)) refuse(path, 'a section is longer than the file');
      // The others are the key itself; these are small.
      if ([1, 2, 10].includes(type) && bytes < 1n << 24n)
        found.set(type, await at(offset + 12, Number(bytes)));
      offset += 12 + Number(bytes);
    }
    const [kind, header, transcript] = [found.get(1), found.get(2), found.get(10)];
    if (kind?.[0] !== 1 || kind.length !== 4) refuse(path, 'it is for another proof system than Groth16');
    if (header?.length !== HEADER_PREFIX + 3 * G1_BYTES + 3 * G2_BYTES)
      refuse(path, 'its header has the wrong length');
    if (transcript === undefined) refuse(path, 'it has no list of contributions');
    return { header, transcript };
  } finally {
    await file.close();
  }
}

/** Uncompressed big-endian coordinates, the imaginary part first: how snarkjs hashes a point. */
function uncompressed(point: unknown): Uint8Array {
  const [x, y] = point as [unknown, unknown];
  const coordinates = [x, y].flatMap((c) => (Array.isArray(c) ? [c[1], c[0]] : [c])) as bigint[];
  return Buffer.from(coordinates.map((c) => c.toString(16).padStart(64, '0')).join(''), 'hex');
}

/** Parameters of a contribution: tagged values (1 name, 2 iterations, 3 beacon hash). */
function readParameters(path: string, bytes: Uint8Array) {
  let name = '';
  let iterationsExponent: number | undefined;
  let beaconHash: string | undefined;
  for (let i = 0; i < bytes.length; ) {
    const type = bytes[i]!;
    if (type === 2) {
      iterationsExponent = bytes[i + 1];
      i += 2;
      continue;
    }
    const length = bytes[i + 1];
    if (length === undefined || i + 2 + length > bytes.length) refuse(path, 'a contribution is cut short');
    const value = bytes.subarray(i + 2, i + 2 + length);
    if (type === 1) name = new TextDecoder().decode(value);
    else if (type === 3) beaconHash = hex(value);
    else refuse(path, 'a contribution has an unknown parameter');
    i += 2 + length;
  }
  return { name, iterationsExponent, beaconHash };
}

/** Throws `artifact.bad-zkey`. */
export async function readTranscript(path: string): Promise<ZkeyTranscript> {
  const { header, transcript } = await readSections(path);
  const curve = await buildBn128(true);
  const view = new DataView(transcript.buffer);
  const fixed = 3 * G1_BYTES + G2_BYTES + HASH_BYTES;
  if (transcript.length < HASH_BYTES + 4) refuse(path, 'its list of contributions is cut short');
  const count = view.getUint32(HASH_BYTES, true);
  if (count > MAX_CONTRIBUTIONS) refuse(path, 'it names too many contributions');
  const contributions: Contribution[] = [];
  let at = HASH_BYTES + 4;
  for (let i = 0; i < count; i++) {
    if (at + fixed + 8 > transcript.length) refuse(path, 'its list of contributions is cut short');
    const hash = createHash('blake2b512');
    for (let k = 0; k < 3; k++) {
      const offset = at + k * G1_BYTES;
      hash.update(uncompressed(curve.G1.toObject(transcript.slice(offset, offset + G1_BYTES))));
    }
    const g2 = at + 3 * G1_BYTES;
    hash.update(uncompressed(curve.G2.toObject(transcript.slice(g2, g2 + G2_BYTES))));
    hash.update(transcript.subarray(g2 + G2_BYTES, at + fixed));
    const type = view.getUint32(at + fixed, true);
    const length = view.getUint32(at + fixed + 4, true);
    at += fixed + 8;
    if (at + length > transcript.length) refuse(path, 'its list of contributions is cut short');
    const { name, iterationsExponent, beaconHash } = readParameters(
      path,
      transcript.subarray(at, at + length),
    );
    at += length;
    const isBeacon = type === 1 && beaconHash !== undefined && iterationsExponent !== undefined;
    contributions.push({
      name,
      hash: hash.digest('hex'),
      ...(isBeacon ? { beacon: { hash: beaconHash, iterationsExponent } } : {}),
    });
  }
  if (at !== transcript.length) refuse(path, 'bytes follow its list of contributions');
  const alpha1 = curve.G1.toObject(header.slice(HEADER_PREFIX, HEADER_PREFIX + G1_BYTES)) as bigint[];
  return {
    circuitHash: hex(transcript.subarray(0, HASH_BYTES)),
    contributions,
    alpha1: alpha1.map(String) as G1Json,
  };
}
