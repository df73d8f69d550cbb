// Lets the engine's fastest kernels run in Node 20, whose V8 (11.3) has relaxed SIMD behind a flag. For programs of
// our own only: a library does not change its host.
import v8 from 'node:v8';

/** A module that only validates where f64x2.relaxed_madd (0xfd 0x107) is known. */
function usesRelaxedMadd(): Uint8Array {
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x87, 0x02, 0x0b];
  const type = [1, 5, 1, 0x60, 0, 1, 0x7b];
  const code = [10, body.length + 2, 1, body.length, ...body];
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...type, 3, 2, 1, 0, ...code]);
}

/** Before the first WebAssembly is compiled. Of no effect where the platform has no such flag. */
export function allowRelaxedSimd(): void {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { validate(bytes: Uint8Array): boolean };
  };
  if (!WebAssembly.validate(usesRelaxedMadd())) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}
