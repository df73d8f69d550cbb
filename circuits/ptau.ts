// Decides whether a powers-of-tau file may start a ceremony: it is one of the published files of the
// Perpetual Powers of Tau, or snarkjs verifies it from its first contribution to its last.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { powersOfTau, type SnarkjsLogger } from 'snarkjs';
import { GnomonError } from '../src/core/errors.ts';
import { FIELD_ORDER_Q } from '../src/core/groth16.ts';
import { readUint256 } from './r1cs.ts';

/** blake2b-512 of powersOfTau28_hez_final_NN.ptau, by power (snarkjs' README, "Prepare phase 2"): 54
 * contributions and a beacon, 2021. */
const PUBLISHED: Record<number, string> = {
  14: 'eeefbcf7c3803b523c94112023c7ff89558f9b8e0cf5d6cdcba3ade60f168af4a181c9c21774b94fbae6c90411995f7d854d02ebd93fb66043dbb06f17a831c1',
  15: '982372c867d229c236091f767e703253249a9b432c1710b4f326306bfa2428a17b06240359606cfe4d580b10a5a1f63fbed499527069c18ae17060472969ae6e',
  16: '6a6277a2f74e1073601b4f9fed6e1e55226917efb0f0db8a07d98ab01df1ccf43eb0e8c3159432acd4960e2f29fe84a4198501fa54c8dad9e43297453efec125',
  17: '6247a3433948b35fbfae414fa5a9355bfb45f56efa7ab4929e669264a0258976741dfbe3288bfb49828e5df02c2e633df38d2245e30162ae7e3bcca5b8b49345',
  18: '7e6a9c2e5f05179ddfc923f38f917c9e6831d16922a902b0b4758b8e79c2ab8a81bb5f29952e16ee6c5067ed044d7857b5de120a90704c1d3b637fd94b95b13e',
  19: 'bca9d8b04242f175189872c42ceaa21e2951e0f0f272a0cc54fc37193ff6648600eaf1c555c70cdedfaf9fb74927de7aa1d33dc1e2a7f1a50619484989da0887',
  20: '89a66eb5590a1c94e3f1ee0e72acf49b1669e050bb5f93c73b066b564dca4e0c7556a52b323178269d64af325d8fdddb33da3a27c34409b821de82aa2bf1a27b',
};

export interface CheckedPtau {
  power: number;
  blake2b: string;
  /** How it came to be trusted. */
  by: 'published digest' | 'powersoftau verify';
}

function refuse(
  code: 'not-ptau' | 'invalid' | 'too-small',
  path: string,
  message: string,
  nextStep: string,
): never {
  throw new GnomonError(`artifact.ptau-${code}`, message, { nextStep, where: path });
}

/** Power of two that the file reaches, from its header. */
async function readPower(path: string): Promise<number> {
  const notPtau = (): never =>
    refuse('not-ptau', path, 'This is not a powers-of-tau file for bn128.', 'Give a prepared .ptau file.');
  const file = await open(path, 'r').catch(notPtau);
  try {
    const start = new Uint8Array(12 + 12 + 4 + 32 + 4);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const view = new DataView(start.buffer);
    const isPtau = bytesRead === start.length && view.getUint32(0, false) === 0x70746175;
    // snarkjs writes the header section first.
    if (!isPtau || view.getUint32(12, true) !== 1 || view.getUint32(24, true) !== 32) return notPtau();
    if (readUint256(view, 28) !== FIELD_ORDER_Q) return notPtau();
    return view.getUint32(60, true);
  } finally {
    await file.close();
  }
}

/** Throws `artifact.ptau-…`. Verifying a file that is not published takes as long as making it did. */
export async function checkPtau(path: string, domain: number, logger?: SnarkjsLogger): Promise<CheckedPtau> {
  const power = await readPower(path);
  if (2 ** power < domain) {
    const needed = Math.log2(domain);
    const message = `This file reaches 2^${power}, and the circuit needs 2^${needed}.`;
    refuse('too-small', path, message, `Take powersOfTau28_hez_final_${needed}.ptau or a larger one.`);
  }
  const hash = createHash('blake2b512');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array);
  const blake2b = hash.digest('hex');
  if (PUBLISHED[power] === blake2b) return { power, blake2b, by: 'published digest' };
  let isValid = false;
  try {
    isValid = (await powersOfTau.verify(path, logger)) === true;
  } catch {
    // Damaged files make snarkjs throw all sorts of things; it is the same answer.
  }
  if (!isValid) {
    refuse(
      'invalid',
      path,
      'This powers-of-tau file does not verify.',
      'Download it again from its ceremony.',
    );
  }
  return { power, blake2b, by: 'powersoftau verify' };
}
