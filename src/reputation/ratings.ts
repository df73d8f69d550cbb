// Rating edges as CSV: `source,target,rating,time`, ratings −10…+10, time in Unix seconds. A rating k is
// |k|/10 observations for or against, never expires and weighs 1.
import { NEVER, WEIGHT_ONE } from './constants.ts';
import { readCsv } from './csv.ts';
import { idProblem, normaliseId } from './ids.ts';
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

const COLUMNS = ['source', 'target', 'rating', 'time'] as const;
type Column = (typeof COLUMNS)[number];
/** Milli-observations in one rating point: a tenth of an observation. */
const MILLI_PER_POINT = 100;

/** Reads rating edges; a header row is optional and may name the columns in another order. */
export async function readRatings(csv: string, work: Work = {}): Promise<Imported<Attestation>> {
  const text = importText(csv);
  const imported = startImport<Attestation>();
  const pacer = makePacer(work);
  let columns: Record<Column, number> = { source: 0, target: 1, rating: 2, time: 3 };
  let row = 0;
  let first = true;
  for (const { line, cells, problem, offset } of readCsv(text)) {
    const header = first && problem === undefined ? readHeader(cells) : undefined;
    first = false;
    if (header !== undefined) {
      columns = header;
      continue;
    }
    row++;
    readRow(imported, row, line, () => {
      if (problem !== undefined) throw new RowProblem(problem);
      return readRating(cells, columns);
    });
    if (pacer.due()) await pacer.pause('reading', offset, text.length);
  }
  await pacer.finish('reading', text.length);
  return imported;
}

function readHeader(cells: string[]): Record<Column, number> | undefined {
  const names = cells.map((cell) => cell.toLowerCase());
  const at = (column: Column) => names.indexOf(column);
  if (COLUMNS.some((column) => at(column) < 0)) return undefined;
  return { source: at('source'), target: at('target'), rating: at('rating'), time: at('time') };
}

function readRating(cells: string[], columns: Record<Column, number>): Attestation {
  if (cells.length < COLUMNS.length) {
    throw new RowProblem(`has ${cells.length} cells; source,target,rating,time are needed`);
  }
  const cell = (column: Column) => cells[columns[column]] ?? '';
  const id = (column: Column) => {
    const problem = idProblem(cell(column));
    if (problem !== undefined) throw new RowProblem(problem, column);
    return normaliseId(cell(column));
  };
  const points = cell('rating');
  if (!/^[+-]?(\d|10)$/.test(points)) throw new RowProblem('must be a whole number from −10 to 10', 'rating');
  const rating = Number(points);
  if (rating === 0) throw new RowProblem('0 says nothing for or against', 'rating');
  const time = cell('time');
  if (!/^\d{1,13}(\.\d{1,9})?$/.test(time)) throw new RowProblem('must be Unix seconds', 'time');
  const createdAtMs = Number(time) * 1000;
  secondsOf(createdAtMs, 'time');
  return {
    source: id('source'),
    target: id('target'),
    type: 'rating',
    createdAtMs,
    positive: rating > 0 ? rating * MILLI_PER_POINT : 0,
    negative: rating < 0 ? -rating * MILLI_PER_POINT : 0,
    weight: WEIGHT_ONE,
    expiresAt: NEVER,
  };
}
