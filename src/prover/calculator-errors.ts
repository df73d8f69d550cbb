// What goes wrong in a witness calculator, as errors that name signals and never values.
import { GnomonError } from '../core/errors.ts';
import { malformed } from './input-values.ts';

/** Thrown through the calculator by its exception handler. */
export class CalculatorException {
  readonly code: number;
  /** Template and line of the condition that failed, where the calculator says so. */
  readonly where: string | undefined;
  constructor(code: number, message: string) {
    this.code = code;
    // Only this much is taken from a text that the circuit's author controls.
    const found = /Error in template ([A-Za-z_]\w{0,63}) line: (\d{1,6})/.exec(message);
    this.where = found === null ? undefined : `template ${found[1]}, line ${found[2]}`;
  }
}

/** Exception codes: code_producers/src/wasm_elements/common/witness_calculator.js. */
export function translate(thrown: unknown, name: string): GnomonError {
  const code = thrown instanceof CalculatorException ? thrown.code : 0;
  if (code === 1) return unknown(name);
  if (code === 2 || code === 6) return malformed(name, 'has more values than it takes');
  if (code === 3) return malformed(name, 'is given twice');
  if (code === 4) {
    const { where } = thrown as CalculatorException;
    return new GnomonError('witness.unsatisfied', 'The constraint system refused this input.', {
      ...(where === undefined ? {} : { where }),
      nextStep:
        'Check that the input is true and complete for this circuit; at least one condition does not hold.',
    });
  }
  if (code === 5 || thrown instanceof RangeError) return outOfMemory(thrown);
  return new GnomonError('witness.calculator-failed', 'The witness calculator stopped.', {
    nextStep: 'Check that the .wasm file is intact and that the input fits this circuit.',
  });
}

export function outOfMemory(cause: unknown): GnomonError {
  return new GnomonError('resource.memory', 'There is not enough memory to compute the witness.', {
    nextStep: 'Close other tabs or programs, then try again.',
    cause,
  });
}

export function unknown(name: string): GnomonError {
  return new GnomonError('input.signal-unknown', `The circuit has no input signal "${name}".`, {
    where: name,
    nextStep: `Remove or rename "${name}".`,
  });
}

/** The calculator keeps hashes of its signals' names only, so that the missing ones cannot be named. */
export function missing(given: number, wanted: number, names: string[]): GnomonError {
  const list = names.length === 0 ? 'none' : names.slice(0, 50).join(', ');
  return new GnomonError(
    'input.signal-missing',
    `The circuit takes ${wanted} input values; ${given} were given.`,
    {
      nextStep: `Add the signals that are not among those given: ${list}.`,
    },
  );
}
