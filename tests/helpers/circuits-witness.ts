// Runs circom's witness calculators in tests: the honest one, and one whose assertions are taken out, as a
// dishonest prover would.
import { readFileSync } from 'node:fs';
import { FIELD_ORDER_R as R } from '../../src/core/groth16.ts';

/** Named signals, arrays flattened by the calculator. */
export type Signals = Record<string, bigint | bigint[]>;

interface CalculatorExports {
  init(sanityCheck: number): void;
  setInputSignal(hashHigh: number, hashLow: number, position: number): number;
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  getInputSize(): number;
  writeSharedRWMemory(at: number, value: number): void;
  readSharedRWMemory(at: number): number;
  getFieldNumLen32(): number;
  getWitnessSize(): number;
  getWitness(index: number): void;
}

export class AssertionFailed extends Error {
  override name = 'AssertionFailed';
}

/** FNV-1a of a signal's name, 64 bits: how circom's calculators know their inputs. */
function hashOf(name: string): [high: number, low: number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return [Number(hash >> 32n), Number(hash & 0xffff_ffffn)];
}

const IMPORTS = ['exceptionHandler', 'printErrorMessage', 'writeBufferMessage', 'showSharedRWMemory'];

/** An assertion ends in `call printErrorMessage; i32.const 4; return; end`; without the middle two it only
 * prints. */
function withoutAssertions(wasm: Uint8Array, printErrorMessage: number): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(wasm);
  const pattern = [0x10, printErrorMessage, 0x41, 0x04, 0x0f, 0x0b];
  const NOP = 0x01;
  let found = 0;
  for (let at = out.indexOf(0x10); at >= 0; at = out.indexOf(0x10, at + 1)) {
    if (pattern.every((byte, i) => out[at + i] === byte)) {
      out.fill(NOP, at + 2, at + 5);
      found++;
    }
  }
  if (found === 0) throw new Error('no assertion was found in this witness calculator');
  return out;
}

export class WitnessCalculator {
  private readonly module: WebAssembly.Module;

  private constructor(module: WebAssembly.Module) {
    this.module = module;
  }

  static async honest(wasmPath: string): Promise<WitnessCalculator> {
    return new WitnessCalculator(await WebAssembly.compile(readFileSync(wasmPath)));
  }

  /** Computes a witness whatever the inputs are. */
  static async unguarded(wasmPath: string): Promise<WitnessCalculator> {
    const wasm = readFileSync(wasmPath);
    const functions = WebAssembly.Module.imports(await WebAssembly.compile(wasm)).filter(
      (i) => i.kind === 'function',
    );
    const index = functions.findIndex((i) => i.name === 'printErrorMessage');
    return new WitnessCalculator(await WebAssembly.compile(withoutAssertions(wasm, index)));
  }

  /** Throws AssertionFailed when the honest calculator refuses the inputs. Values are reduced modulo r. */
  async witness(signals: Signals): Promise<bigint[]> {
    const fail = (code: number) => {
      throw new AssertionFailed(`the witness calculator stopped with code ${code}`);
    };
    const runtime = Object.fromEntries(
      IMPORTS.map((name) => [name, name === 'exceptionHandler' ? fail : () => {}]),
    );
    const instance = await WebAssembly.instantiate(this.module, { runtime });
    const calculator = instance.exports as unknown as CalculatorExports;
    calculator.init(0);
    const words = calculator.getFieldNumLen32();
    let set = 0;
    for (const [name, value] of Object.entries(signals)) {
      const [high, low] = hashOf(name);
      const values = Array.isArray(value) ? value : [value];
      if (calculator.getInputSignalSize(high, low) !== values.length)
        throw new Error(`${name} has another size`);
      for (const [position, element] of values.entries()) {
        const reduced = ((element % R) + R) % R;
        for (let w = 0; w < words; w++) {
          calculator.writeSharedRWMemory(w, Number((reduced >> BigInt(32 * w)) & 0xffff_ffffn));
        }
        calculator.setInputSignal(high, low, position);
        set++;
      }
    }
    if (set !== calculator.getInputSize())
      throw new Error(`${set} of ${calculator.getInputSize()} signals are set`);
    return Array.from({ length: calculator.getWitnessSize() }, (_, index) => {
      calculator.getWitness(index);
      let value = 0n;
      for (let w = words - 1; w >= 0; w--) {
        value = (value << 32n) | BigInt(calculator.readSharedRWMemory(w) >>> 0);
      }
      return value;
    });
  }
}

/** Whether the honest calculator takes these inputs. */
export async function accepts(calculator: WitnessCalculator, signals: Signals): Promise<boolean> {
  try {
    await calculator.witness(signals);
    return true;
  } catch (error) {
    if (error instanceof AssertionFailed) return false;
    throw error;
  }
}

/** A witness as a snarkjs .wtns file. */
export function wtnsFile(witness: readonly bigint[]): Uint8Array {
  const out = new Uint8Array(12 + 12 + 40 + 12 + 32 * witness.length);
  const view = new DataView(out.buffer);
  const write = (at: number, value: bigint) => {
    for (let w = 0; w < 4; w++)
      view.setBigUint64(at + 8 * w, BigInt.asUintN(64, value >> BigInt(64 * w)), true);
  };
  view.setUint32(0, 0x77746e73, false); // "wtns"
  view.setUint32(4, 2, true);
  view.setUint32(8, 2, true);
  view.setUint32(12, 1, true);
  view.setBigUint64(16, 40n, true);
  view.setUint32(24, 32, true);
  write(28, R);
  view.setUint32(60, witness.length, true);
  view.setUint32(64, 2, true);
  view.setBigUint64(68, BigInt(32 * witness.length), true);
  witness.forEach((value, i) => {
    write(76 + 32 * i, value);
  });
  return out;
}
