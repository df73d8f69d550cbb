// Named input signals, held by one walk. Schemas of schemas (unions, lazy ones) took a dozen times as long as JSON.parse,
// on the thread that answers everyone; as text for documents and types they stay what they are.
import * as v from 'valibot';

export interface SignalRules {
  /** Levels of lists at most; more are no signal. */
  deepest: number;
  /** Whether integers may stand for their decimals. */
  numbers: boolean;
}

const NAME = /^[A-Za-z_$][\w$]{0,127}$/;
export const SignalNameSchema = v.pipe(v.string(), v.regex(NAME));
export const SIGNAL_CHARS = 80;
/** Far more than circuits have; each field of an object costs several times what a value of a list does. */
const MOST_NAMES = 4_096;
/** Fields that every object has: no input may come to stand for one. */
const NOT_NAMES = new Set(['__proto__', 'prototype', 'constructor']);

interface Mistake {
  path: (string | number)[];
  expected: string;
}

/** The same schema, checked by the walk: names, and values that are texts of a field element's length, or lists. */
export function walked<T extends v.GenericSchema>(documented: T, rules: SignalRules): T {
  const check = v.pipe(
    v.any(),
    v.rawCheck(({ dataset, addIssue }) => {
      const mistake = firstMistake(dataset.value, rules);
      if (mistake === null) return;
      const path = mistake.path.map((key) => ({ type: 'unknown', origin: 'value', key }));
      const { expected } = mistake;
      const place = path.length === 0 ? {} : { path: path as unknown as [v.IssuePathItem] };
      addIssue({ message: `Expected ${expected}`, expected, ...place });
    }),
  );
  return { ...documented, '~run': ((dataset, config) => check['~run'](dataset, config)) as T['~run'] };
}

function firstMistake(input: unknown, rules: SignalRules): Mistake | null {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { path: [], expected: 'Object' };
  }
  const names = Object.keys(input);
  if (names.length > MOST_NAMES) return { path: [], expected: `at most ${MOST_NAMES} signals` };
  for (const name of names) {
    if (!NAME.test(name) || NOT_NAMES.has(name)) return { path: [name], expected: String(NAME) };
    const mistake = mistakeIn((input as Record<string, unknown>)[name], rules, 0);
    if (mistake === null) continue;
    mistake.path.push(name);
    mistake.path.reverse();
    return mistake;
  }
  return null;
}

/** Its path is built from the end. */
function mistakeIn(value: unknown, rules: SignalRules, level: number): Mistake | null {
  if (typeof value === 'string') {
    return value.length <= SIGNAL_CHARS ? null : { path: [], expected: `<=${SIGNAL_CHARS}` };
  }
  if (rules.numbers && typeof value === 'number') {
    return Number.isSafeInteger(value) ? null : { path: [], expected: 'an integer below 2^53' };
  }
  const mayList = level < rules.deepest;
  if (!mayList || !Array.isArray(value)) {
    const kinds = ['string', ...(rules.numbers ? ['number'] : []), ...(mayList ? ['Array'] : [])];
    return { path: [], expected: kinds.length === 1 ? kinds.join() : `(${kinds.join(' | ')})` };
  }
  for (let at = 0; at < value.length; at++) {
    const mistake = mistakeIn(value[at], rules, level + 1);
    if (mistake === null) continue;
    mistake.path.push(at);
    return mistake;
  }
  return null;
}
