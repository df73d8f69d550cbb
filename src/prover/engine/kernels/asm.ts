// A WebAssembly encoder of our own: just the sections that the kernels use. A Fn collects statements.
import { type Code, get, i32, signed, unsigned, v128 } from './instructions.ts';

export type ValType = 'i32' | 'i64' | 'f64' | 'v128';

const TYPE_BYTE: Record<ValType, number> = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

const vector = (items: Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

type Many<T, N extends number, Out extends T[] = []> = Out['length'] extends N
  ? Out
  : Many<T, N, [...Out, T]>;

/** One function under construction. */
export class Fn {
  readonly index: number;
  readonly params: ValType[];
  readonly results: ValType[];
  private readonly locals: ValType[] = [];
  private readonly free: Record<ValType, number[]> = { i32: [], i64: [], f64: [], v128: [] };
  private taken: { type: ValType; index: number }[] = [];
  /** Runs first; holds the loads of constants. */
  private readonly entry: number[] = [];
  private code: number[] = [];
  private readonly constants = new Map<string, number>();
  private readonly module: Module;

  constructor(module: Module, index: number, params: ValType[], results: ValType[]) {
    this.module = module;
    this.index = index;
    this.params = params;
    this.results = results;
  }

  param(index: number): Code {
    return get(index);
  }

  /** All parameters, so many. */
  given<N extends number>(count: N): Many<Code, N> {
    return Array.from({ length: count }, (_, i) => this.param(i)) as Many<Code, N>;
  }

  /** So many locals. */
  fresh<N extends number>(type: ValType, count: N): Many<number, N> {
    return Array.from({ length: count }, () => this.local(type)) as Many<number, N>;
  }

  local(type: ValType): number {
    let index = this.free[type].pop();
    if (index === undefined) {
      this.locals.push(type);
      index = this.params.length + this.locals.length - 1;
    }
    this.taken.push({ type, index });
    return index;
  }

  /** Locals made inside are given back at the end: compilers keep a variable per local and loop. */
  scope<T>(body: () => T): T {
    const outer = this.taken;
    this.taken = [];
    const result = body();
    for (const { type, index } of this.taken) this.free[type].push(index);
    this.taken = outer;
    return result;
  }

  emit(...codes: Code[]): void {
    for (const code of codes) for (const byte of code) this.code.push(byte);
  }

  set(local: number, value: Code): void {
    this.emit(value, [0x21, ...unsigned(local)]);
  }

  /** A fresh local that holds the value. */
  let(type: ValType, value: Code): number {
    const local = this.local(type);
    this.set(local, value);
    return local;
  }

  while(condition: () => Code, body: () => void): void {
    this.emit([0x02, EMPTY_BLOCK, 0x03, EMPTY_BLOCK], condition(), [0x45, 0x0d, 1]);
    body();
    this.emit([0x0c, 0, 0x0b, 0x0b]);
  }

  if(condition: Code, then: () => void, otherwise?: () => void): void {
    this.emit(condition, [0x04, EMPTY_BLOCK]);
    then();
    if (otherwise !== undefined) {
      this.emit([0x05]);
      otherwise();
    }
    this.emit([0x0b]);
  }

  return(value: Code = []): void {
    this.emit(value, [0x0f]);
  }

  call(fn: { index: number }, ...args: Code[]): Code {
    return [...args.flat(), 0x10, ...unsigned(fn.index)];
  }

  /** A 128-bit constant, loaded from memory once at entry: v128.const is rebuilt at each use by V8 of
   * Node 24 and 26, and loads at the place of use spill in Node 20's. */
  constant(low: bigint, high: bigint): Code {
    const key = `${low},${high}`;
    const known = this.constants.get(key);
    if (known !== undefined) return get(known);
    const local = this.params.length + this.locals.length;
    this.locals.push('v128');
    this.constants.set(key, local);
    const address = this.module.constantAddress(low, high);
    this.entry.push(...v128.load(i32.const(0), address), 0x21, ...unsigned(local));
    return get(local);
  }

  bytes(): number[] {
    const groups: Code[] = this.locals.map((type) => [1, TYPE_BYTE[type]]);
    const body = [...vector(groups)];
    for (const part of [this.entry, this.code]) for (const byte of part) body.push(byte);
    body.push(0x0b);
    return body;
  }
}

/** A module under construction. Imports one memory (`env.memory`) and the functions named first. */
export class Module {
  private readonly imports: { name: string; params: ValType[]; results: ValType[] }[] = [];
  private readonly fns: Fn[] = [];
  private readonly exported: { name: string; index: number }[] = [];
  private readonly globals: number[] = [];
  private readonly data: number[] = [];
  private readonly addresses = new Map<string, number>();
  private readonly constantsBase: number;

  /** `constantsBase`: where in memory the module keeps its constants; multiple of 16. */
  constructor(constantsBase: number) {
    this.constantsBase = constantsBase;
  }

  import(name: string, params: ValType[], results: ValType[]): { index: number } {
    if (this.fns.length > 0) throw new Error('Imports come before functions.');
    this.imports.push({ name, params, results });
    return { index: this.imports.length - 1 };
  }

  fn(name: string | null, params: ValType[], results: ValType[]): Fn {
    const fn = new Fn(this, this.imports.length + this.fns.length, params, results);
    this.fns.push(fn);
    if (name !== null) this.exported.push({ name, index: fn.index });
    return fn;
  }

  /** A mutable i32, zero at start. */
  global(): { get: Code; set: (value: Code) => Code } {
    const index = this.globals.length;
    this.globals.push(index);
    return { get: [0x23, ...unsigned(index)], set: (value) => [...value, 0x24, ...unsigned(index)] };
  }

  constantAddress(low: bigint, high: bigint): number {
    const key = `${low},${high}`;
    const known = this.addresses.get(key);
    if (known !== undefined) return known;
    const address = this.constantBytes(
      [low, high].flatMap((word) =>
        Array.from({ length: 8 }, (_, i) => Number((BigInt.asUintN(64, word) >> BigInt(8 * i)) & 255n)),
      ),
    );
    this.addresses.set(key, address);
    return address;
  }

  /** Puts bytes among the constants, at a multiple of 16. */
  constantBytes(bytes: Code): number {
    while (this.data.length % 16 !== 0) this.data.push(0);
    const address = this.constantsBase + this.data.length;
    for (const byte of bytes) this.data.push(byte);
    return address;
  }

  /** The encoded module and the offset of the byte that says whether its memory is shared (3) or not (1). */
  finish(): { bytes: Uint8Array; memoryFlagOffset: number; constantsEnd: number } {
    const bodies = this.fns.map((fn) => {
      const body = fn.bytes();
      return [...unsigned(body.length), ...body];
    });
    const signatures = [...this.imports, ...this.fns];
    const types = signatures.map(({ params, results }) => [
      0x60,
      ...vector(params.map((type) => [TYPE_BYTE[type]])),
      ...vector(results.map((type) => [TYPE_BYTE[type]])),
    ]);
    const limits = [...unsigned(1), ...unsigned(65536)];
    const memory = [...text('env'), ...text('memory'), 0x02, 0x01, ...limits];
    const functionImports = this.imports.map(({ name }, index) => [
      ...text('env'),
      ...text(name),
      0x00,
      ...unsigned(index),
    ]);
    const section = (id: number, content: Code): number[] => [id, ...unsigned(content.length), ...content];
    const head = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, vector(types))];
    const importContent = vector([memory, ...functionImports]);
    const flagInContent =
      unsigned(this.imports.length + 1).length + text('env').length + text('memory').length + 1;
    const memoryFlagOffset = head.length + 1 + unsigned(importContent.length).length + flagInContent;
    const rest = [
      ...section(2, importContent),
      ...section(3, vector(this.fns.map((_, i) => unsigned(this.imports.length + i)))),
      ...section(6, vector(this.globals.map(() => [0x7f, 0x01, 0x41, 0x00, 0x0b]))),
      ...section(
        7,
        vector(this.exported.map(({ name, index }) => [...text(name), 0x00, ...unsigned(index)])),
      ),
    ];
    const bytes: number[] = [];
    const append = (part: Code) => {
      for (const byte of part) bytes.push(byte);
    };
    append(head);
    append(rest);
    append(section(10, vector(bodies)));
    append(
      section(
        11,
        vector([
          [0x00, 0x41, ...signed(BigInt(this.constantsBase)), 0x0b, ...vector(this.data.map((b) => [b]))],
        ]),
      ),
    );
    return {
      bytes: new Uint8Array(bytes),
      memoryFlagOffset,
      constantsEnd: this.constantsBase + this.data.length,
    };
  }
}
