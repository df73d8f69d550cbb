// A circuit's own witness calculator as circom 2 makes it: compiled once and kept, started anew for each witness.
// Written here rather than taken from circom_runtime because that prints to the console and puts values
// into its errors. Interface: iden3/circom, code_producers/src/wasm_elements.
import { GnomonError } from '../core/errors.ts';
import { FIELD_ORDER_R } from '../core/groth16.ts';
import { CalculatorException, outOfMemory } from './calculator-errors.ts';
import { type WasmMemory, type WasmModule, wasmApi } from './wasm-api.ts';

const LIMB_BYTES = 4;
const BN254_LIMBS = 8;

/** Of one value in memory and in files. */
export const VALUE_BYTES = BN254_LIMBS * LIMB_BYTES;

export interface Calculator {
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

export async function startCalculator(wasm: Uint8Array<ArrayBuffer> | NamedCalculator): Promise<Calculator> {
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

function sharedWords(calculator: Calculator): DataView {
  // Anew each time: the buffer is detached when the memory grows.
  return new DataView(
    calculator.memory.buffer,
    calculator.getSharedRWMemoryStart(),
    BN254_LIMBS * LIMB_BYTES,
  );
}

/** The value that lies where calculator and caller meet. */
function readShared(calculator: Calculator): bigint {
  const words = sharedWords(calculator);
  let value = 0n;
  for (let i = BN254_LIMBS - 1; i >= 0; i--) value = (value << 32n) | BigInt(words.getUint32(4 * i, true));
  return value;
}

export function writeShared(calculator: Calculator, value: bigint): void {
  const words = sharedWords(calculator);
  for (let i = 0; i < BN254_LIMBS; i++) {
    words.setUint32(4 * i, Number((value >> BigInt(32 * i)) & 0xffffffffn), true);
  }
}
