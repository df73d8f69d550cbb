// The part of WebAssembly's JavaScript interface that the engine uses, typed here because the realms' own
// libraries differ.

/** Opaque; can be posted to threads. */
export type WasmModule = object;
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmInterface {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
  Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
}

export const wasm = (globalThis as unknown as { WebAssembly: WasmInterface }).WebAssembly;
