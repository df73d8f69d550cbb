// A circuit's input as a form: from a JSON file or the circuit's own description to fields a person can edit,
// and back. Signals are flat lists here, as circuits take them; nothing in a message quotes a value.
import { GnomonError } from '../../../core/errors.ts';
import type { CircuitInput } from '../../../core/groth16.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { parseJson } from '../../../reputation/json.ts';
import { plural } from '../../components/format.ts';

export interface SignalField {
  name: string;
  /** Its values, one a line. */
  text: string;
}

/** The largest inputs of circuits that prove in a tab take a few megabytes. */
export const INPUT_CHARS_MAX = 2 ** 25;
const FIELDS_MAX = 1000;
const DEPTH_MAX = 16;

/** Empty fields of a circuit that says what it takes; none where it does not. */
export function emptyFields({ inputs }: CircuitEntry): SignalField[] {
  return (inputs ?? []).map(({ name }) => ({ name, text: '' }));
}

/** The signals of an input file, in its order. Throws `input.…`. */
export function fieldsFromJson(text: string): SignalField[] {
  const input = parseJson(text, 'input', INPUT_CHARS_MAX);
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new GnomonError('input.not-signals', 'This file is not an input: it does not name any signals.', {
      nextStep: 'An input is a JSON object: {"signal": "1", "list": ["2", "3"]}.',
    });
  }
  const entries = Object.entries(input);
  if (entries.length > FIELDS_MAX) {
    throw new GnomonError('input.too-large', `This input names more than ${FIELDS_MAX} signals.`, {
      nextStep: 'Check that it is the right file.',
    });
  }
  return entries.map(([name, value]) => {
    const values: string[] = [];
    flatten(name, value, values, 0);
    return { name, text: values.join('\n') };
  });
}

function flatten(name: string, value: unknown, into: string[], depth: number): void {
  if (Array.isArray(value) && depth < DEPTH_MAX) {
    for (const part of value) flatten(name, part, into, depth + 1);
  } else if (typeof value === 'string') {
    into.push(value.trim());
  } else if (typeof value === 'boolean') {
    into.push(value ? '1' : '0');
  } else if (typeof value === 'number' && Number.isSafeInteger(value)) {
    into.push(String(value));
  } else {
    const large = typeof value === 'number' && Number.isInteger(value);
    throw new GnomonError(
      'input.signal-malformed',
      `Signal "${name}" holds ${large ? 'a number too large to be exact' : 'something that is not a whole number'}.`,
      { where: name, nextStep: large ? 'Put large numbers in quotes.' : `Correct "${name}".` },
    );
  }
}

/** A field's values: separated by lines, spaces or commas. */
export function valuesOf({ text }: SignalField): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

const WHOLE_NUMBER = /^(?:-?[0-9]+|0x[0-9a-fA-F]+)$/;

/** What is wrong with a field, or null. `wanted`: how many values the circuit takes; null when unknown. */
export function fieldProblem(field: SignalField, wanted: number | null): string | null {
  const values = valuesOf(field);
  const bad = values.findIndex((value) => value.length > 80 || !WHOLE_NUMBER.test(value));
  if (bad >= 0) return `Value ${bad + 1} is not a whole number.`;
  if (wanted === 0 && values.length > 0) return 'The circuit has no such input.';
  if (wanted !== null && values.length !== wanted) {
    return `Takes ${plural(wanted, 'value', 'values')}; here ${values.length === 1 ? 'is' : 'are'} ${values.length}.`;
  }
  if (wanted === null && values.length === 0) return 'A value is missing.';
  return null;
}

/** What is wrong with a new signal's name, or null. */
export function nameProblem(name: string, fields: readonly SignalField[]): string | null {
  if (!/^[A-Za-z_$][\w$]{0,127}$/.test(name)) return 'A name has letters, digits and _ only.';
  return fields.some((field) => field.name === name) ? 'There is a signal of this name already.' : null;
}

/** The input as the prover takes it. */
export function inputOf(fields: readonly SignalField[]): CircuitInput {
  return Object.fromEntries(
    fields.map((field) => {
      const values = valuesOf(field);
      return [field.name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

/** Values still missing or too many over the whole input, in words; null when they are as many as it takes. */
export function totalProblem(fields: readonly SignalField[], inputValues: number): string | null {
  const given = fields.reduce((sum, field) => sum + valuesOf(field).length, 0);
  if (given === inputValues) return null;
  const takes = `The circuit takes ${plural(inputValues, 'value', 'values')} in all`;
  return given < inputValues
    ? `${takes}; ${inputValues - given} more ${inputValues - given === 1 ? 'is' : 'are'} missing.`
    : `${takes}; these are ${given - inputValues} too many.`;
}
