// Input → witness with a circuit's own calculator: names and lengths checked before the first value is set.
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import { type Calculator, type NamedCalculator, startCalculator, writeShared } from './calculator.ts';
import { missing, translate, unknown } from './calculator-errors.ts';
import { flatten } from './input-values.ts';
import { toWtns } from './wtns-file.ts';

/**
 * The witness as a `.wtns` file (version 2). Secret.
 * Rejects with `circuit.…` (not a calculator we know), `input.…` (a signal is unknown, missing, too short or
 * long, not a number) or `witness.unsatisfied`. Messages name signals, never values.
 */
export async function calculateWitness(
  wasm: Uint8Array<ArrayBuffer> | NamedCalculator,
  input: CircuitInput,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return calculate(await startCalculator(wasm), input);
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    throw translate(thrown, '');
  }
}

export interface CalculatorFacts {
  /** Values that all input signals take together. */
  inputValues: number;
  /** Wires of the witness, the constant one included. */
  variables: number;
  /** How many values each named signal takes; 0 for one that the circuit does not have, null where the
   * calculator is too old to tell. */
  lengths: Record<string, number | null>;
}

/** What a calculator tells about itself; it runs the file's code, hence in a worker that can be ended. */
export async function inspectCalculator(
  wasm: Uint8Array<ArrayBuffer>,
  names: readonly string[],
): Promise<CalculatorFacts> {
  try {
    const calculator = await startCalculator(wasm);
    calculator.init(0);
    const lengthOf = (name: string) => {
      const length = calculator.getInputSignalSize?.(...fnv1a(name));
      return length === undefined ? null : Math.max(0, length);
    };
    return {
      inputValues: calculator.getInputSize(),
      variables: calculator.getWitnessSize(),
      lengths: Object.fromEntries(names.map((name) => [name, lengthOf(name)])),
    };
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    throw translate(thrown, '');
  }
}

function calculate(calculator: Calculator, input: CircuitInput): Uint8Array<ArrayBuffer> {
  const signals = Object.entries(input).map(([name, value]) => ({ name, values: flatten(name, value) }));
  calculator.init(1);
  // All names and lengths before the first value: setting the last one starts the calculation.
  let given = 0;
  for (const { name, values } of signals) {
    checkLength(calculator, name, values.length);
    given += values.length;
  }
  const wanted = calculator.getInputSize();
  if (given < wanted) throw missing(given, wanted, Object.keys(input));
  for (const { name, values } of signals) setSignal(calculator, name, values);
  return toWtns(calculator);
}

/** 64-bit FNV-1a of the name, as two 32-bit halves: circom's signal directory. */
function fnv1a(name: string): [high: number, low: number] {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < name.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(name.charCodeAt(i))) * 0x100000001b3n);
  }
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)];
}

function checkLength(calculator: Calculator, name: string, given: number): void {
  const wanted = calculator.getInputSignalSize?.(...fnv1a(name));
  if (wanted === undefined) return;
  // An empty signal and an unknown one look alike: no values for either is no harm.
  if (wanted < 0 || (wanted === 0 && given > 0)) throw unknown(name);
  if (given !== wanted) {
    throw new GnomonError(
      'input.signal-length',
      `Signal "${name}" has ${given} values; it takes ${wanted}.`,
      {
        where: name,
        nextStep: `Give "${name}" exactly ${wanted} ${wanted === 1 ? 'value' : 'values'}.`,
      },
    );
  }
}

function setSignal(calculator: Calculator, name: string, values: bigint[]): void {
  const [high, low] = fnv1a(name);
  for (const [position, value] of values.entries()) {
    writeShared(calculator, value);
    try {
      calculator.setInputSignal(high, low, position);
    } catch (thrown) {
      throw translate(thrown, name);
    }
  }
}
