// The attestation format that the page, the REST API and the command line take, read into evidence.
import { GnomonError } from '../core/errors.ts';
import { NEVER, WEIGHT_ONE } from './constants.ts';
import { idProblem, normaliseId, shortId } from './ids.ts';
import { jsonElements } from './json.ts';
import { evidenceOf, type Opinion, opinionProblem } from './opinion.ts';
import {
  type Attestation,
  type Imported,
  importText,
  RowProblem,
  readRow,
  secondsOf,
  startImport,
} from './rows.ts';
import { makePacer, type Work } from './work.ts';

/** Reads a JSON array of attestations; each malformed element is refused alone, with its line. */
export async function readAttestations(json: string, work: Work = {}): Promise<Imported<Attestation>> {
  const text = importText(json);
  if (!text.trimStart().startsWith('[')) {
    throw new GnomonError('input.attestations', 'Attestations must be a JSON array.', {
      nextStep: 'Put the attestations between [ and ], or import ratings as CSV.',
      where: 'line 1',
    });
  }
  const imported = startImport<Attestation>();
  const pacer = makePacer(work);
  let row = 0;
  for (const element of jsonElements(text)) {
    row++;
    const number = row;
    readRow(imported, row, element.line, () => {
      if (element.problem !== undefined) throw new RowProblem(element.problem);
      return readAttestation(parseElement(element.text), number);
    });
    if (pacer.due()) await pacer.pause('reading', element.offset, text.length);
  }
  await pacer.finish('reading', text.length);
  return imported;
}

/** The same for values that are parsed already (REST). */
export function readAttestationValues(values: readonly unknown[]): Imported<Attestation> {
  const imported = startImport<Attestation>();
  values.forEach((value, index) => {
    readRow(imported, index + 1, undefined, () => readAttestation(value, index + 1));
  });
  return imported;
}

function parseElement(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RowProblem('is not valid JSON');
  }
}

function readAttestation(value: unknown, row: number): Attestation {
  if (!isObject(value)) throw new RowProblem('must be an object');
  const source = readId(value, 'source');
  const target = readId(value, 'target');
  const type = readId(value, 'attestation_type');
  const opinion = value.opinion;
  if (!isObject(opinion)) throw new RowProblem('must be an object', 'opinion');
  const parts = opinion as unknown as Opinion;
  const name = `attestation ${row} (${shortId(source)} → ${shortId(target)}, ${shortId(type)})`;
  const problem = opinionProblem(parts, name);
  if (problem !== undefined) throw new RowProblem(problem.reason, problem.field);
  const weight = readNumber(value, 'weight');
  if (!(weight >= 0 && weight <= 1)) throw new RowProblem('must be a number from 0 to 1', 'weight');
  const createdAtMs = readNumber(value, 'created_at');
  secondsOf(createdAtMs, 'created_at');
  const never = value.expires_at === undefined || value.expires_at === null;
  return {
    source: normaliseId(source),
    target: normaliseId(target),
    type,
    createdAtMs,
    ...evidenceOf(parts, name),
    weight: Math.round(WEIGHT_ONE * weight),
    expiresAt: never ? NEVER : secondsOf(readNumber(value, 'expires_at'), 'expires_at'),
  };
}

function readId(value: Record<string, unknown>, field: string): string {
  const id = value[field];
  const problem = id === undefined ? 'is missing' : idProblem(id);
  if (problem !== undefined) throw new RowProblem(problem, field);
  return id as string;
}

function readNumber(value: Record<string, unknown>, field: string): number {
  const number = value[field];
  if (number === undefined) throw new RowProblem('is missing', field);
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new RowProblem('must be a number', field);
  return number;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
