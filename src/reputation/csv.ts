// Rows of a CSV text (RFC 4180, plus LF and CR line ends) with the line that each begins on. Our own reader
// because each row needs its line and a stray quote may cost one line only, never the rest of the file.

export interface CsvRow {
  /** From 1. */
  line: number;
  /** Cells without surrounding spaces. */
  cells: string[];
  /** Set when the row can't be read. */
  problem?: string;
  /** Characters read so far, for progress. */
  offset: number;
}

// Ids have at most 256 characters; a quote still open after this many was never meant to be one.
const QUOTED_CHARS_MAX = 4096;

/** Blank lines are left out but counted. */
export function* readCsv(text: string): Generator<CsvRow> {
  let offset = 0;
  let line = 1;
  while (offset < text.length) {
    const row = readCells(text, offset) ?? {
      cells: [],
      end: endOfLine(text, offset),
      problem: 'a quotation mark that opens here is not closed, or text follows it',
    };
    const { cells, end } = row;
    const next = afterLineEnd(text, end);
    const blank = cells.length === 1 && cells[0] === '';
    if (!blank) yield { line, cells, offset: next, ...('problem' in row ? { problem: row.problem } : {}) };
    line += countLines(text, offset, next);
    offset = next;
  }
}

function readCells(text: string, start: number): { cells: string[]; end: number } | undefined {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t') at++;
    let cell: string;
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close === undefined) return undefined;
      cell = text
        .slice(at + 1, close)
        .replaceAll('""', '"')
        .trim();
      at = close + 1;
      while (text[at] === ' ' || text[at] === '\t') at++;
      if (at < text.length && !isCellEnd(text.charCodeAt(at))) return undefined;
    } else {
      const from = at;
      while (at < text.length && !isCellEnd(text.charCodeAt(at))) at++;
      cell = text.slice(from, at).trim();
    }
    cells.push(cell);
    if (text[at] !== ',') return { cells, end: at };
    at++;
  }
}

function closingQuote(text: string, from: number): number | undefined {
  for (let at = from; at < text.length && at - from < QUOTED_CHARS_MAX; at++) {
    if (text[at] !== '"') continue;
    if (text[at + 1] !== '"') return at;
    at++;
  }
  return undefined;
}

const isLineEnd = (code: number) => code === 10 || code === 13;
const isCellEnd = (code: number) => code === 44 || isLineEnd(code);

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isLineEnd(text.charCodeAt(at))) at++;
  return at;
}

function afterLineEnd(text: string, at: number): number {
  return text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to && at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) lines++;
  }
  return lines;
}
