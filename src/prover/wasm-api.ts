// The little of WebAssembly's interface that this folder uses, typed here because Node's types have none
// of it and the browser's are not in an isomorphic realm.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmApi {
  instantiate(
    code: Uint8Array<ArrayBuffer>,
    imports: Record<string, Record<string, (...values: number[]) => void>>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
  Memory: new (options: { initial: number }) => WasmMemory;
  RuntimeError: new () => Error;
}

export const wasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
