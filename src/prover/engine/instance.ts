// One tier's kernels over one memory, with the way out for pairs that batched addition cannot handle.

import { P } from './constants.ts';
import type { Kernels } from './kernels/module.ts';
import { littleEndian } from './sections.ts';
import { type WasmMemory, type WasmModule, wasm } from './wasm.ts';

type Numbers = (...args: number[]) => number;

/** Above p·2⁻¹⁹ in the highest of eight 32-bit words, with room to spare. */
const AMBIGUOUS_TOP = 2 ** 16;

/** The functions of a module; see kernels/. */
export interface KernelExports {
  set_scratch: Numbers;
  set_careful: Numbers;
  g1_add_batch: Numbers;
  g2_add_batch: Numbers;
  g1_buckets: Numbers;
  g2_buckets: Numbers;
  g1_merge: Numbers;
  g2_merge: Numbers;
  recode: Numbers;
  split: Numbers;
  recode_halves: Numbers;
  count: Numbers;
  sums: Numbers;
  place: Numbers;
  fr_to_coefficients: Numbers;
  fr_to_values: Numbers;
  fr_rows: Numbers;
  fr_pack: Numbers;
  fr_unpack: Numbers;
  fr_multiply: Numbers;
  fr_scale_work: Numbers;
  fr_third: Numbers;
  fr_quotient: Numbers;
  fp_mul: Numbers;
  fr_mul: Numbers;
  fp_scale: Numbers;
  fr_scale: Numbers;
}

/** The module's bytes for a shared or a private memory. */
export function bytesFor(kernels: Kernels, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(kernels.bytes);
  bytes[kernels.memoryFlagOffset] = shared ? 3 : 1;
  return bytes;
}

export class Instance {
  readonly memory: WasmMemory;
  readonly kernels: KernelExports;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;

  constructor(module: WasmModule, memory: WasmMemory) {
    this.memory = memory;
    this.u8 = new Uint8Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    const env = {
      memory,
      careful: (list: number, n: number, degree: number) => this.careful(list, n, degree),
    };
    this.kernels = new wasm.Instance(module, { env }).exports as unknown as KernelExports;
  }

  /** Takes pairs off the list that have no slope: infinity on either side, opposite points, and equal ones with y = 0;
   * turns other equal points into doublings. A circuit whose wires stand in the same rows has equal points in
   * its key, so this must be quick about all the other pairs. */
  private careful(list: number, n: number, degree: number): number {
    const bytes = 64 * degree;
    const { u32 } = this;
    let kept = list >> 2;
    // No point of the curve has y = 0, but a file may say so; twice such a point is infinity.
    const zero = new Array(degree).fill(0n).join();
    for (let i = 0; i < n; i++) {
      const at = (list >> 2) + 3 * i;
      const [a, b, to] = [u32[at]!, u32[at + 1]!, u32[at + 2]!];
      if (this.surelyApart(a, b, degree)) {
        [u32[kept], u32[kept + 1], u32[kept + 2]] = [a, b, to];
        kept += 3;
        continue;
      }
      const [p, q] = [this.canonical(a, degree), this.canonical(b, degree)];
      if (p === null || q === null) this.copy(to, p === null ? b : a, bytes);
      else if (p.x !== q.x) [u32[kept], u32[kept + 1], u32[kept + 2], kept] = [a, b, to, kept + 3];
      else if (p.y === q.y && p.y !== zero)
        [u32[kept], u32[kept + 1], u32[kept + 2], kept] = [a, a, to, kept + 3];
      else {
        this.u8.fill(0, to, to + bytes);
        this.kernels.set_careful(1);
      }
    }
    return (kept - (list >> 2)) / 3;
  }

  /** Whether the points' x differ for sure and neither is infinity, by the stored words alone. Stored numbers are
   * below p(1 + 2⁻¹⁹), so only those with an almost empty top word can be stored in two ways, or be zero. */
  private surelyApart(a: number, b: number, degree: number): boolean {
    const { u32 } = this;
    for (let part = 0; part < degree; part++) {
      const [x, y] = [(a >> 2) + 8 * part, (b >> 2) + 8 * part];
      if (u32[x + 7]! < AMBIGUOUS_TOP || u32[y + 7]! < AMBIGUOUS_TOP) continue;
      for (let word = 0; word < 8; word++) if (u32[x + word] !== u32[y + word]) return true;
    }
    return false;
  }

  /** The coordinates as comparable text, the sign of the entry applied; null at infinity. */
  private canonical(entry: number, degree: number): { x: string; y: string } | null {
    const at = entry & ~1;
    const coordinates = Array.from({ length: 2 * degree }, (_, i) => {
      const value = littleEndian(this.u8.slice(at + 32 * i, at + 32 * i + 32)) % P;
      return i < degree || (entry & 1) === 0 || value === 0n ? value : P - value;
    });
    if (coordinates.every((value) => value === 0n)) return null;
    return { x: coordinates.slice(0, degree).join(), y: coordinates.slice(degree).join() };
  }

  private copy(to: number, entry: number, bytes: number): void {
    const from = entry & ~1;
    if ((entry & 1) === 0) {
      this.u8.copyWithin(to, from, from + bytes);
      return;
    }
    this.u8.copyWithin(to, from, from + bytes / 2);
    for (let at = bytes / 2; at < bytes; at += 32) {
      const value = littleEndian(this.u8.slice(from + at, from + at + 32)) % P;
      this.write(to + at, value === 0n ? 0n : P - value);
    }
  }

  /** One number, 32 bytes little-endian. */
  write(to: number, value: bigint): void {
    let rest = value;
    for (let i = 0; i < 8; i++) {
      this.u32[(to >> 2) + i] = Number(rest & 0xffffffffn);
      rest >>= 32n;
    }
  }
}
