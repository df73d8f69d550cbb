// Strict Groth16 verification (trust.md, "a wrong or forged proof accepted"): every input of unknown
// origin, every check by name. Where a second, independent verifier is given, both must agree. Verifying never throws;
// only who asks for a verdict hears by an error that there is none.
import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof, VerificationKey } from '../core/groth16.ts';
import type { Verdict } from '../core/ports.ts';
import { sha256Hex } from './digest.ts';
import {
  keyWeakness,
  pairingHolds,
  type ValidKey,
  type ValidProof,
  validKey,
  validProof,
} from './noble-verifier.ts';
import {
  type KeyPoints,
  keyJson,
  MAX_JSON_BYTES,
  type ProofPoints,
  proofJson,
  readKey,
  readProof,
  readSignalList,
  readSignals,
  ShapeError,
} from './shape.ts';

/** Shaped like the page's CryptographicCheck. */
export interface VerificationCheck {
  name: string;
  ok: boolean;
  /** What was found, in words; never a value. */
  detail: string;
  /** It is not ok since a verifier broke down, out of memory perhaps: this is about the device, not the proof. */
  brokeDown?: true;
}

export interface Expectations {
  /** What the proof must show, entry by entry. */
  publicSignals?: readonly string[];
  /** SHA-256 of the key's file; the key must then be given as bytes. */
  vkeySha256?: string;
}

export interface Verification {
  /** True only when every check passed. */
  valid: boolean;
  /** In the order they were made. A check that depends on a failed one is left out, except the pairings,
   * which then say that they were not run. */
  checks: VerificationCheck[];
}

/** Names of the checks; stable, for tests and for the page. */
export const CHECKS = {
  digest: 'Key is the pinned one',
  keyFormat: 'Key format',
  keyPoints: 'Key points on the curve',
  keyStrength: 'Key elements independent',
  signalCount: 'Number of public signals',
  signalRange: 'Public signals in range',
  expected: 'Public signals as expected',
  proofFormat: 'Proof format',
  proofPoints: 'Proof points on the curve',
  noble: 'Pairing equation, first verifier (noble-curves)',
  snarkjs: 'Pairing equation, second verifier (snarkjs)',
  agreement: 'Verifiers agree',
} as const;

/** The pairing equation by someone else's arithmetic; its arguments have passed all other checks. */
export type PairingVerifier = (
  key: VerificationKey,
  publicSignals: string[],
  proof: Groth16Proof,
) => Promise<boolean>;

/**
 * Verifies a proof. All three are of unknown origin: parsed JSON, or the key's file as bytes.
 * Always resolves, within seconds, whatever it is given.
 */
export async function verifyStrictly(
  vkey: unknown,
  publicSignals: unknown,
  proof: unknown,
  expectations: Expectations,
  second: PairingVerifier | null,
): Promise<Verification> {
  const log = makeLog();
  const keyValue = await openKey(vkey, expectations, log).catch(() => {
    log.add({ name: CHECKS.keyFormat, ok: false, detail: 'Could not be read.' });
    return { found: false } as const;
  });
  const keyPoints =
    keyValue.found && log.attempt(CHECKS.keyFormat, 'Well formed.', () => readKey(keyValue.value));
  const key =
    keyPoints &&
    log.attempt(CHECKS.keyPoints, 'All in their groups, none at infinity.', () => validKey(keyPoints));
  if (key)
    log.attempt(CHECKS.keyStrength, 'β, γ, δ and the signals’ points all differ.', () => mustBeStrong(key));

  const signals = checkSignals(publicSignals, keyPoints || null, expectations, log);

  const proofPoints = log.attempt(CHECKS.proofFormat, 'Well formed.', () => readProof(proof));
  const points =
    proofPoints &&
    log.attempt(CHECKS.proofPoints, 'All in their groups, none at infinity.', () => validProof(proofPoints));

  if (keyPoints && key && signals && proofPoints && points) {
    await checkPairings({ keyPoints, key, signals, proofPoints, points }, second, log);
  } else {
    const detail = 'Not run, since an earlier check failed.';
    log.add({ name: CHECKS.noble, ok: false, detail });
    if (second !== null) log.add({ name: CHECKS.snarkjs, ok: false, detail });
  }
  return { valid: log.checks.every((check) => check.ok), checks: log.checks };
}

/** Throws `resource.unverified` where a verifier broke down and no other check failed: nobody may be blamed for that. */
export function mustBeDecided({ checks }: Pick<Verification, 'checks'>): void {
  if (!checks.some(({ brokeDown }) => brokeDown) || !checks.every(({ ok, brokeDown }) => ok || brokeDown))
    return;
  throw new GnomonError('resource.unverified', 'The proof could not be checked to the end.', {
    nextStep: 'Free memory on the machine that checks it, and check it again.',
    where: failuresIn(checks),
  });
}

/** For who acts on it. A valid proof of something else than was asked differs in that one check only; a verifier that
 * broke down over it makes it no worse. Throws as `mustBeDecided` does. */
export function verdictOf(verification: Verification): Verdict {
  mustBeDecided(verification);
  const { valid, checks } = verification;
  if (valid) return { ok: true };
  const differs = checks.every(({ ok, brokeDown, name }) => ok || brokeDown || name === CHECKS.expected);
  return { ok: false, reason: differs ? 'signals-differ' : 'invalid-proof', detail: failuresIn(checks) };
}

function failuresIn(checks: readonly VerificationCheck[]): string {
  return checks
    .filter((check) => !check.ok)
    .map((check) => `${check.name}: ${check.detail}`)
    .join(' ');
}

type Log = ReturnType<typeof makeLog>;

function makeLog() {
  const checks: VerificationCheck[] = [];
  return {
    checks,
    add(check: VerificationCheck): void {
      checks.push(check);
    },
    /** The step's value, or undefined after noting why it failed. */
    attempt<T>(name: string, passed: string, step: () => T): T | undefined {
      try {
        const value = step();
        checks.push({ name, ok: true, detail: passed });
        return value;
      } catch (thrown) {
        // Anything but our own error comes from a hostile object (getters, proxies): say no more.
        const detail = thrown instanceof ShapeError ? thrown.message : 'Could not be read.';
        checks.push({ name, ok: false, detail });
        return undefined;
      }
    },
  };
}

async function openKey(
  vkey: unknown,
  { vkeySha256 }: Expectations,
  log: Log,
): Promise<{ found: true; value: unknown } | { found: false }> {
  if (!(vkey instanceof Uint8Array)) {
    if (vkeySha256 === undefined) return { found: true, value: vkey };
    log.add({ name: CHECKS.digest, ok: false, detail: 'The key was not given as a file.' });
    return { found: false };
  }
  // A copy: nobody may change the bytes between the digest and the parser.
  const bytes = Uint8Array.from(vkey.subarray(0, MAX_JSON_BYTES + 1));
  if (bytes.length > MAX_JSON_BYTES) {
    log.add({ name: CHECKS.keyFormat, ok: false, detail: 'The key’s file is too large.' });
    return { found: false };
  }
  if (vkeySha256 !== undefined) {
    const ok = (await sha256Hex(bytes)) === vkeySha256;
    const detail = ok ? 'Its SHA-256 is the expected one.' : 'Its SHA-256 is not the expected one.';
    log.add({ name: CHECKS.digest, ok, detail });
    if (!ok) return { found: false };
  }
  try {
    return {
      found: true,
      value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown,
    };
  } catch {
    log.add({ name: CHECKS.keyFormat, ok: false, detail: 'The key’s file is not JSON.' });
    return { found: false };
  }
}

function mustBeStrong(key: ValidKey): void {
  const weakness = keyWeakness(key);
  if (weakness !== null) throw new ShapeError(`Anyone could forge proofs under this key: ${weakness}`);
}

function checkSignals(
  publicSignals: unknown,
  key: KeyPoints | null,
  { publicSignals: expected }: Expectations,
  log: Log,
): bigint[] | undefined {
  let list: unknown[] | undefined;
  const counted = log.attempt(CHECKS.signalCount, 'As many as the key has.', () => {
    list = readSignalList(publicSignals, 'public signals');
    if (key === null) throw new ShapeError('Unknown, since the key could not be read.');
    const wanted = key.ic.length - 1;
    if (list.length !== wanted) {
      throw new ShapeError(`There are ${list.length} public signals; the key has ${wanted}.`);
    }
    return list;
  });
  if (list === undefined) return undefined;
  const read = list;
  const signals = log.attempt(CHECKS.signalRange, 'Each a canonical decimal below r.', () =>
    readSignals(read, 'Public signal'),
  );
  if (expected !== undefined) {
    log.attempt(CHECKS.expected, 'Each is the expected one.', () => {
      if (signals === undefined) throw new ShapeError('Not compared, since they could not be read.');
      const wanted = readSignals([...expected], 'Expected public signal');
      if (wanted.length !== signals.length) {
        throw new ShapeError(`There are ${signals.length} public signals; ${wanted.length} were expected.`);
      }
      const differing = wanted.findIndex((signal, index) => signal !== signals[index]);
      if (differing !== -1) throw new ShapeError(`Public signal ${differing} is not the expected one.`);
    });
  }
  return counted && signals;
}

interface Checked {
  keyPoints: KeyPoints;
  key: ValidKey;
  signals: bigint[];
  proofPoints: ProofPoints;
  points: ValidProof;
}

async function checkPairings(checked: Checked, second: PairingVerifier | null, log: Log): Promise<void> {
  const { keyPoints, key, signals, proofPoints, points } = checked;
  const first = await outcome(() => pairingHolds(key, signals, points));
  log.add({ name: CHECKS.noble, ...told(first) });
  if (second === null) return;
  const decimals = signals.map((signal) => signal.toString());
  const other = await outcome(() => second(keyJson(keyPoints), decimals, proofJson(proofPoints)));
  log.add({ name: CHECKS.snarkjs, ...told(other) });
  if (first === null || other === null) return;
  const agree = first === other;
  log.add({
    name: CHECKS.agreement,
    ok: agree,
    detail: agree ? 'Both say the same.' : 'They differ: do not trust this proof, and please report it.',
  });
}

/** Null when it broke down. */
async function outcome(run: () => boolean | Promise<boolean>): Promise<boolean | null> {
  try {
    return await run();
  } catch {
    return null;
  }
}

function told(holds: boolean | null): Omit<VerificationCheck, 'name'> {
  if (holds === null) return { ok: false, detail: 'Could not be computed.', brokeDown: true };
  return { ok: holds, detail: holds ? 'Holds.' : 'Does not hold.' };
}
