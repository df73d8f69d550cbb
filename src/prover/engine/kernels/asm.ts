// A WebAssembly encoder of our own: just the sections and instructions that the kernels use.
// Expressions are byte lists that leave one value on the stack; a Fn collects statements.

export type Code = readonly number[];
export type ValType = 'i32' | 'i64' | 'f64' | 'v128';

const TYPE_BYTE: Record<ValType, number> = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const vector = (items: Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

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

export const get = (local: number): Code => [0x20, ...unsigned(local)];

const unary =
  (...op: number[]) =>
  (a: Code): Code => [...a, ...op];
const binary =
  (...op: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...op];
const load =
  (align: number, ...op: number[]) =>
  (address: Code, offset = 0): Code => [...address, ...op, align, ...unsigned(offset)];
const store =
  (align: number, ...op: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...op, align, ...unsigned(offset)];
const simd = (op: number): number[] => [0xfd, ...unsigned(op)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value | 0))],
  load: load(2, 0x28),
  load16s: load(1, 0x2e),
  store: store(2, 0x36),
  store16: store(1, 0x3b),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  ltS: binary(0x48),
  ltU: binary(0x49),
  gtU: binary(0x4b),
  geU: binary(0x4f),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  shrS: binary(0x75),
  shrU: binary(0x76),
  wrap: unary(0xa7),
  /** a where the condition is not zero, else b. */
  select: (a: Code, b: Code, condition: Code): Code => [...a, ...b, ...condition, 0x1b],
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: load(3, 0x29),
  store: store(3, 0x37),
  eqz: unary(0x50),
  eq: binary(0x51),
  ltU: binary(0x54),
  gtU: binary(0x56),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shrS: binary(0x87),
  shrU: binary(0x88),
  fromI32s: unary(0xac),
  fromI32u: unary(0xad),
};

const shift =
  (op: number) =>
  (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(op)];

export const v128 = {
  load: load(4, ...simd(0x00)),
  load64Splat: load(3, ...simd(0x0a)),
  store: store(4, ...simd(0x0b)),
  shuffle: (a: Code, b: Code, lanes: Code): Code => [...a, ...b, ...simd(0x0d), ...lanes],
  and: binary(...simd(0x4e)),
  or: binary(...simd(0x50)),
  xor: binary(...simd(0x51)),
  anyTrue: unary(...simd(0x53)),
  bitselect: (a: Code, b: Code, mask: Code): Code => [...a, ...b, ...mask, ...simd(0x52)],
};

export const i64x2 = {
  splat: unary(...simd(0x12)),
  extract: (a: Code, lane: number): Code => [...a, ...simd(0x1d), lane],
  replace: (a: Code, lane: number, value: Code): Code => [...a, ...value, ...simd(0x1e), lane],
  shl: shift(0xcb),
  shrS: shift(0xcc),
  shrU: shift(0xcd),
  add: binary(...simd(0xce)),
  sub: binary(...simd(0xd1)),
};

export const f64x2 = {
  nearest: unary(...simd(0x94)),
  neg: unary(...simd(0xed)),
  add: binary(...simd(0xf0)),
  sub: binary(...simd(0xf1)),
  mul: binary(...simd(0xf2)),
  /** a·b + c, fused where the hardware can; see tiers.ts for the probe. */
  madd: (a: Code, b: Code, c: Code): Code => [...a, ...b, ...c, ...simd(0x107)],
};
