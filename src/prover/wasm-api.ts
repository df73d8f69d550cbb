// The little of WebAssembly's interface that this folder uses, typed here because Node's types have none
// of it and the browser's are not in an isomorphic realm.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** Compiled code; opaque. */
export type WasmModule = { readonly compiled: unique symbol };

interface WasmApi {
  compile(code: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  instantiate(
    code: WasmModule,
    imports: Record<string, Record<string, (...values: number[]) => void>>,
  ): Promise<{ exports: Record<string, unknown> }>;
  Memory: new (options: { initial: number }) => WasmMemory;
  RuntimeError: new () => Error;
}

export const wasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
