// Input → witness with a circuit's own calculator: a loader of circom 2's WebAssembly interface.
// Written here rather than taken from circom_runtime because that prints to the console and puts values
// into its errors. Interface: iden3/circom, code_producers/src/wasm_elements.
import { GnomonError } from '../core/errors.ts';
import { type CircuitInput, FIELD_ORDER_R } from '../core/groth16.ts';
import { flatten, malformed } from './input-values.ts';
import { type WasmMemory, type WasmModule, wasmApi } from './wasm-api.ts';

const LIMB_BYTES = 4;
const BN254_LIMBS = 8;

interface Calculator {
  memory: WasmMemory;
  getVersion(): number;
  getFieldNumLen32(): number;
  getRawPrime(): void;
  getSharedRWMemoryStart(): number;
  init(sanityCheck: number): void;
  /** Absent in early versions of circom 2; 0 or −1 for an unknown signal. */
  getInputSignalSize?(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, position: number): void;
  getInputSize(): number;
  getWitnessSize(): number;
  getWitness(index: number): void;
  /** Next character of a pending message, 0 at its end. */
  getMessageChar?(): number;
}

/** Thrown through the calculator by its exception handler. */
class CalculatorException {
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
    return calculate(await load(wasm), input);
  } catch (thrown) {
    if (thrown instanceof GnomonError) throw thrown;
    throw translate(thrown, '');
  }
}

/** A calculator by name, read only when it is not kept. */
export interface NamedCalculator {
  /** The same for the same bytes only, e.g. their SHA-256. */
  id: string;
  load(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Compiled code of the last named calculator, and of byte arrays for as long as their owner keeps them. Never an
 * instance: its memory holds a witness. */
let keptModule: { id: string; module: Promise<WasmModule> } | undefined;
const modules = new WeakMap<Uint8Array, Promise<WasmModule>>();

/** Whether the next witness of this calculator needs its bytes no more. */
export function holdsCalculator(id: string): boolean {
  return keptModule?.id === id;
}

function compiled(wasm: Uint8Array<ArrayBuffer> | NamedCalculator): Promise<WasmModule> {
  if (wasm instanceof Uint8Array) {
    const module = modules.get(wasm) ?? wasmApi.compile(wasm);
    modules.set(wasm, module);
    return module;
  }
  if (keptModule?.id === wasm.id) return keptModule.module;
  const module = wasm.load().then((bytes) => wasmApi.compile(bytes));
  const mine = { id: wasm.id, module };
  keptModule = mine;
  module.catch(() => {
    if (keptModule === mine) keptModule = undefined;
  });
  return module;
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
    const calculator = await load(wasm);
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

async function load(wasm: Uint8Array<ArrayBuffer> | NamedCalculator): Promise<Calculator> {
  const refuse = (cause: unknown) =>
    new GnomonError('circuit.calculator', 'The witness calculator is not one that circom 2 made.', {
      nextStep: 'Check that the .wasm file belongs to this circuit and was compiled by circom 2.',
      cause,
    });
  let exports: Partial<Calculator> = {};
  let message = '';
  try {
    const instance = await wasmApi.instantiate(await compiled(wasm), {
      runtime: {
        exceptionHandler(code = 0) {
          throw new CalculatorException(code, message);
        },
        printErrorMessage() {
          for (let i = 0; i < 4096; i++) {
            const char = exports.getMessageChar?.() ?? 0;
            if (char === 0) break;
            message += String.fromCharCode(char);
          }
        },
        // Circuits can log input values: nothing is passed on.
        writeBufferMessage() {},
        showSharedRWMemory() {},
        log() {},
      },
    });
    exports = instance.exports as unknown as Partial<Calculator>;
  } catch (cause) {
    if (cause instanceof GnomonError) throw cause;
    if (cause instanceof RangeError) throw outOfMemory(cause);
    throw refuse(cause);
  }
  const needed = [
    'getVersion',
    'getFieldNumLen32',
    'getRawPrime',
    'getSharedRWMemoryStart',
    'init',
    'setInputSignal',
    'getInputSize',
    'getWitnessSize',
    'getWitness',
  ] as const;
  for (const name of needed) if (typeof exports[name] !== 'function') throw refuse(undefined);
  if (!(exports.memory instanceof wasmApi.Memory)) throw refuse(undefined);
  const calculator = exports as Calculator;
  calculator.getRawPrime();
  if (calculator.getFieldNumLen32() !== BN254_LIMBS || readShared(calculator) !== FIELD_ORDER_R) {
    throw new GnomonError('circuit.curve', 'The circuit is not over BN254.', {
      nextStep: 'Compile it with --prime bn128.',
    });
  }
  return calculator;
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

/** Exception codes: code_producers/src/wasm_elements/common/witness_calculator.js. */
function translate(thrown: unknown, name: string): GnomonError {
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

function outOfMemory(cause: unknown): GnomonError {
  return new GnomonError('resource.memory', 'There is not enough memory to compute the witness.', {
    nextStep: 'Close other tabs or programs, then try again.',
    cause,
  });
}

function unknown(name: string): GnomonError {
  return new GnomonError('input.signal-unknown', `The circuit has no input signal "${name}".`, {
    where: name,
    nextStep: `Remove or rename "${name}".`,
  });
}

/** The calculator keeps hashes of its signals' names only, so that the missing ones cannot be named. */
function missing(given: number, wanted: number, names: string[]): GnomonError {
  const list = names.length === 0 ? 'none' : names.slice(0, 50).join(', ');
  return new GnomonError(
    'input.signal-missing',
    `The circuit takes ${wanted} input values; ${given} were given.`,
    {
      nextStep: `Add the signals that are not among those given: ${list}.`,
    },
  );
}

function sharedWords(calculator: Calculator): DataView {
  // Anew each time: the buffer is detached when the memory grows.
  return new DataView(
    calculator.memory.buffer,
    calculator.getSharedRWMemoryStart(),
    BN254_LIMBS * LIMB_BYTES,
  );
}

function readShared(calculator: Calculator): bigint {
  const words = sharedWords(calculator);
  let value = 0n;
  for (let i = BN254_LIMBS - 1; i >= 0; i--) value = (value << 32n) | BigInt(words.getUint32(4 * i, true));
  return value;
}

function writeShared(calculator: Calculator, value: bigint): void {
  const words = sharedWords(calculator);
  for (let i = 0; i < BN254_LIMBS; i++) {
    words.setUint32(4 * i, Number((value >> BigInt(32 * i)) & 0xffffffffn), true);
  }
}

/** The iden3 binary format: magic, version 2, a header section (n8, prime, count), a section of values. */
function toWtns(calculator: Calculator): Uint8Array<ArrayBuffer> {
  const valueBytes = BN254_LIMBS * LIMB_BYTES;
  const count = calculator.getWitnessSize();
  const headerBytes = 4 + valueBytes + 4;
  const file = new Uint8Array(12 + 12 + headerBytes + 12 + count * valueBytes);
  const view = new DataView(file.buffer);
  let at = 0;
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const section = (id: number, bytes: number) => {
    u32(id);
    view.setBigUint64(at, BigInt(bytes), true);
    at += 8;
  };
  const shared = () => {
    const start = calculator.getSharedRWMemoryStart();
    file.set(new Uint8Array(calculator.memory.buffer, start, valueBytes), at);
    at += valueBytes;
  };
  file.set([0x77, 0x74, 0x6e, 0x73]); // "wtns"
  at = 4;
  u32(2);
  u32(2);
  section(1, headerBytes);
  u32(valueBytes);
  calculator.getRawPrime();
  shared();
  u32(count);
  section(2, count * valueBytes);
  for (let index = 0; index < count; index++) {
    calculator.getWitness(index);
    shared();
  }
  return file;
}
