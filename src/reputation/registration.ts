// Registering: a person's signature over (campaign id, subject) with their commitment, and the campaign's
// table `subject,commitment,signature` of all who did.
import { Identity } from '@semaphore-protocol/identity';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { isSigned, type Signature } from './baby-jubjub.ts';
import { readCsv } from './csv.ts';
import { bytesToBigInt, fromHex, hashToField, isFieldDecimal } from './field.ts';
import type { OpenIdentity } from './identity.ts';
import { idProblem, normaliseId } from './ids.ts';
import { badFile } from './json.ts';
import { type Imported, importText, RowProblem, readRow, reject, startImport } from './rows.ts';
import { makePacer, type Work } from './work.ts';

const TAG = 'gnomon/registration/v1\0';
/** Public key, R8 and S, 32 bytes each coordinate, big-endian. */
const SIGNATURE_HEX = /^[0-9a-f]{320}$/;

export interface Registration {
  subject: string;
  commitment: bigint;
  /** False when the table has no signature for it (only where that is allowed). */
  signed: boolean;
}

/** What is signed. Neither text can hold NUL, so the separator is without doubt. */
export function registrationMessage(campaignId: string, subject: string): bigint {
  for (const [field, text] of Object.entries({ campaignId, subject })) {
    const problem = idProblem(text);
    if (problem !== undefined) throw badFile('registration', field, problem);
  }
  return hashToField(TAG, campaignId, '\0', normaliseId(subject));
}

/** 320 hex digits: an EdDSA-Poseidon signature with the public key it belongs to. */
export function signRegistration(
  { privateKey }: Pick<OpenIdentity, 'privateKey'>,
  campaignId: string,
  subject: string,
): string {
  const identity = new Identity(privateKey);
  const { R8, S } = identity.signMessage(registrationMessage(campaignId, subject));
  return [...identity.publicKey, ...R8, S]
    .map((part) => BigInt(part).toString(16).padStart(64, '0'))
    .join('');
}

/** The line of the campaign's table that a person hands in. */
export function registrationLine(identity: OpenIdentity, campaignId: string, subject: string): string {
  const cell = /[",]/.test(subject) ? `"${subject.replaceAll('"', '""')}"` : subject;
  return `${cell},${identity.commitment},${signRegistration(identity, campaignId, subject)}`;
}

/** Whether this commitment's identity signed for this subject of this campaign. */
export function isRegistered(
  campaignId: string,
  { subject, commitment, signature }: { subject: string; commitment: bigint; signature: string },
): boolean {
  if (!SIGNATURE_HEX.test(signature)) return false;
  const bytes = fromHex(signature);
  const part = (at: number) => bytesToBigInt(bytes.subarray(32 * at, 32 * at + 32));
  const parsed: Signature = { publicKey: [part(0), part(1)], r8: [part(2), part(3)], s: part(4) };
  if (!parsed.publicKey.concat(parsed.r8).every((one) => isFieldDecimal(`${one}`))) return false;
  if (poseidon2(parsed.publicKey) !== commitment) return false;
  return isSigned(registrationMessage(campaignId, subject), parsed);
}

export interface CommitmentsOptions {
  campaignId: string;
  /** Takes rows without a signature. Whoever wrote the table then vouches for it. */
  allowUnsigned?: boolean;
}

/** Reads the table. A commitment or a subject that appears twice is refused wherever it appears, since nothing
 * says which is the right one. */
export async function readCommitments(
  csv: string,
  { campaignId, allowUnsigned = false }: CommitmentsOptions,
  work: Work = {},
): Promise<Imported<Registration>> {
  const text = importText(csv);
  const imported = startImport<Registration & { row: number; line: number }>();
  const pacer = makePacer(work);
  let row = 0;
  let first = true;
  for (const { line, cells, problem, offset } of readCsv(text)) {
    const header = first && cells[0]?.toLowerCase() === 'subject' && cells[1]?.toLowerCase() === 'commitment';
    first = false;
    if (header) continue;
    row++;
    const number = row;
    readRow(imported, row, line, () => {
      if (problem !== undefined) throw new RowProblem(problem);
      return { ...readRegistration(cells, campaignId, allowUnsigned), row: number, line };
    });
    if (pacer.due()) await pacer.pause('reading', offset, text.length);
  }
  await pacer.finish('reading', text.length);
  return refuseTwice(imported);
}

function readRegistration(cells: string[], campaignId: string, allowUnsigned: boolean): Registration {
  const [subject = '', commitment = '', signature = ''] = cells;
  const problem = idProblem(subject);
  if (problem !== undefined) throw new RowProblem(problem, 'subject');
  if (!isFieldDecimal(commitment) || commitment === '0') {
    throw new RowProblem('must be a commitment: a decimal number below the field’s order', 'commitment');
  }
  const entry = { subject: normaliseId(subject), commitment: BigInt(commitment) };
  if (signature === '') {
    if (!allowUnsigned) throw new RowProblem('is missing', 'signature');
    return { ...entry, signed: false };
  }
  if (!isRegistered(campaignId, { ...entry, signature })) {
    throw new RowProblem('is not this identity’s, for this campaign and subject', 'signature');
  }
  return { ...entry, signed: true };
}

function refuseTwice(
  imported: Imported<Registration & { row: number; line: number }>,
): Imported<Registration> {
  const result = startImport<Registration>();
  result.rejectedCount = imported.rejectedCount;
  result.rejected = imported.rejected;
  const times = new Map<string | bigint, number>();
  for (const { subject, commitment } of imported.rows) {
    for (const key of [subject, commitment]) times.set(key, (times.get(key) ?? 0) + 1);
  }
  for (const { row, line, ...registration } of imported.rows) {
    const twice = (['subject', 'commitment'] as const).find((field) => times.get(registration[field])! > 1);
    if (twice === undefined) result.rows.push(registration);
    else reject(result, { row, line, field: twice, reason: 'appears more than once' });
  }
  result.rejected.sort((a, b) => a.row - b.row);
  return result;
}

/** Subject → commitment, as buildNetwork takes it. */
export function commitmentsOf(registrations: readonly Registration[]): Map<string, bigint> {
  return new Map(registrations.map(({ subject, commitment }) => [subject, commitment]));
}
