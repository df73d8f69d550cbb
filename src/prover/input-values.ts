// Values of input signals: from what a person's JSON holds to field elements, named by signal when wrong.
import { GnomonError } from '../core/errors.ts';
import { FIELD_ORDER_R, type SignalValue } from '../core/groth16.ts';

/** Most values an input may hold; the largest circuits that prove in a tab take far fewer. */
const MAX_INPUT_VALUES = 4_000_000;
/** Deepest nesting of an input's arrays. */
const MAX_DEPTH = 16;

/** A signal's values in order; throws `input.signal-malformed`. */
export function flatten(name: string, value: SignalValue): bigint[] {
  const values: bigint[] = [];
  const walk = (part: unknown, depth: number): void => {
    if (Array.isArray(part)) {
      if (depth >= MAX_DEPTH) throw malformed(name, 'is nested too deeply');
      for (const entry of part) walk(entry, depth + 1);
    } else {
      if (values.length >= MAX_INPUT_VALUES) throw malformed(name, 'has too many values');
      values.push(toField(name, part));
    }
  };
  walk(value, 0);
  return values;
}

/** Decimal or 0x strings as snarkjs takes them, and safe whole numbers; negative ones count from r. */
function toField(name: string, value: unknown): bigint {
  const isText = typeof value === 'string' && value.length <= 80;
  if (isText && /^(?:-?[0-9]+|0x[0-9a-fA-F]+)$/.test(value)) return reduce(BigInt(value));
  if (typeof value === 'number' && Number.isSafeInteger(value)) return reduce(BigInt(value));
  if (typeof value === 'bigint') return reduce(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  throw malformed(name, 'holds something that is not a whole number');
}

function reduce(value: bigint): bigint {
  const rest = value % FIELD_ORDER_R;
  return rest < 0n ? rest + FIELD_ORDER_R : rest;
}

/** Never says what the value was. */
export function malformed(name: string, what: string): GnomonError {
  return new GnomonError('input.signal-malformed', `Signal "${name}" ${what}.`, {
    where: name,
    nextStep: `Correct "${name}".`,
  });
}
