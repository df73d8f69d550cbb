// JSON texts read strictly: where a mistake is (line and column), elements of an array one by one, and
// schema errors as our own, which never quote the value that was wrong.
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';

/** Files that describe one campaign, bundle or claim are small; a megabyte holds the largest many times over. */
export const FILE_CHARS_MAX = 2 ** 20;

/** Parses JSON; a mistake is an error with line and column. `what` names the file, e.g. "claim bundle". */
export function parseJson(text: string, what: string, charsMax = FILE_CHARS_MAX): unknown {
  if (text.length > charsMax) {
    throw new GnomonError('input.too-large', `This ${what} has more than ${charsMax} characters.`, {
      nextStep: 'Check that it is the right file.',
    });
  }
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return JSON.parse(json);
  } catch {
    throw new GnomonError('input.not-json', `This ${what} is not valid JSON.`, {
      nextStep: 'Check that the file is complete and was not edited by hand.',
      where: lineAndColumn(json, mistakeOffset(json)),
    });
  }
}

/** Checks a value against a strict schema; the first problem is an error with its field. */
export function checkShape<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? '';
  throw badFile(what, path, issueReason(issue));
}

/** `input.malformed`: this file, this field, this reason. */
export function badFile(what: string, where: string, reason: string): GnomonError {
  return new GnomonError('input.malformed', `This ${what} can't be used: ${where || 'the file'} ${reason}.`, {
    nextStep: 'Ask whoever gave you the file for a correct one.',
    ...(where === '' ? {} : { where }),
  });
}

// valibot's own messages quote what was received; ours are used where given, else only what was expected.
function issueReason(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'validation') return issue.message;
  if (issue.input === undefined) return 'is missing';
  if (issue.expected === 'never') return 'is not a known field';
  return `must be ${issue.expected ?? 'something else'}`;
}

export interface JsonElement {
  /** From 1. */
  line: number;
  text: string;
  offset: number;
  /** Set on a last one that is no element: how the array ends wrongly. */
  problem?: string;
}

/** The elements of an array's text, each still as text, so that one bad element doesn't cost the others. The
 * text begins with `[`, after spaces at most. */
export function* jsonElements(text: string): Generator<JsonElement> {
  let at = text.indexOf('[') + 1;
  let line = 1 + countNewlines(text, 0, at);
  for (;;) {
    const start = skipSpace(text, at);
    line += countNewlines(text, at, start);
    const end = elementEnd(text, start);
    const element = text.slice(start, end).trimEnd();
    const last = text[end] !== ',';
    // `[]` is empty, `[1,]` has a mistake at its end that is worth a row of its own.
    if (element !== '' || !last || text[skipBackSpace(text, start)] === ',') {
      yield { line, text: element, offset: end };
    }
    if (last) {
      const problem = endProblem(text, end);
      if (problem !== undefined) yield { line, text: '', offset: text.length, problem };
      return;
    }
    line += countNewlines(text, start, end);
    at = end + 1;
  }
}

function endProblem(text: string, end: number): string | undefined {
  if (text[end] !== ']') return 'the array is not closed, the file may be cut off';
  return text.slice(end + 1).trim() === '' ? undefined : 'something follows the end of the array';
}

function elementEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      at = stringEnd(text, at);
    } else if (code === 91 || code === 123) {
      depth++;
    } else if (code === 93 || code === 125) {
      if (depth === 0) return at;
      depth--;
    } else if (code === 44 && depth === 0) {
      return at;
    }
  }
  return text.length;
}

/** Index of the closing quote, or the end of the text. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at;
  }
  return text.length;
}

const isSpace = (code: number) => code === 32 || code === 9 || code === 10 || code === 13;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function skipBackSpace(text: string, from: number): number {
  let at = from - 1;
  while (at > 0 && isSpace(text.charCodeAt(at))) at--;
  return at;
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 10) count++;
  return count;
}

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings.
const STRING = /"([^"\\\u0000-\u001f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Offset of the first mistake in a text that JSON.parse refused (engines don't agree on telling it). */
export function mistakeOffset(text: string): number {
  const closers: string[] = [];
  let at = 0;
  // What may stand here: a value, a value or the end of an empty container, a key, or what follows a value.
  let expects: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'after' = 'value';
  for (;;) {
    at = skipSpace(text, at);
    if (at >= text.length) return text.length;
    const char = text[at]!;
    if ((expects === 'value-or-end' || expects === 'key-or-end') && char === closers.at(-1)) {
      closers.pop();
      at++;
      expects = 'after';
    } else if (expects === 'value' || expects === 'value-or-end') {
      if (char === '{' || char === '[') {
        closers.push(char === '{' ? '}' : ']');
        expects = char === '{' ? 'key-or-end' : 'value-or-end';
        at++;
      } else {
        const end = scalarEnd(text, at);
        if (end === at) return at;
        at = end;
        expects = 'after';
      }
    } else if (expects === 'key' || expects === 'key-or-end') {
      const end = match(STRING, text, at);
      if (end === at) return at;
      at = skipSpace(text, end);
      if (text[at] !== ':') return at;
      at++;
      expects = 'value';
    } else if (char === closers.at(-1)) {
      closers.pop();
      at++;
    } else if (char === ',' && closers.length > 0) {
      expects = closers.at(-1) === '}' ? 'key' : 'value';
      at++;
    } else {
      return at;
    }
  }
}

function scalarEnd(text: string, at: number): number {
  for (const word of ['true', 'false', 'null']) if (text.startsWith(word, at)) return at + word.length;
  return match(text[at] === '"' ? STRING : NUMBER, text, at);
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** `line 3, column 7`, both from 1. */
export function lineAndColumn(text: string, offset: number): string {
  const line = 1 + countNewlines(text, 0, offset);
  return `line ${line}, column ${offset - text.lastIndexOf('\n', offset - 1)}`;
}
