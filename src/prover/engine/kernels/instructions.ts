// The WebAssembly instructions that the kernels use, as functions from operands to bytes. An expression is a
// byte list that leaves one value on the stack.

export type Code = readonly number[];

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

export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Takes what is on the stack. */
export const setTop = (local: number): Code => [0x21, ...unsigned(local)];

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
  ctz: unary(0x7a),
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
  /** Leaves two values, the upper half on top. */
  mulWideS: binary(0xfc, 21),
  /** Of two pairs like that. */
  add128: binary(0xfc, 19),
};

/** Takes what is on the stack, and forgets it. */
export const drop: Code = [0x1a];

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
  /** Products of the first two signed 32-bit parts. */
  extmulLow: binary(...simd(0xdc)),
  extract: (a: Code, lane: number): Code => [...a, ...simd(0x1d), lane],
  replace: (a: Code, lane: number, value: Code): Code => [...a, ...value, ...simd(0x1e), lane],
  shl: shift(0xcb),
  shrS: shift(0xcc),
  shrU: shift(0xcd),
  add: binary(...simd(0xce)),
  sub: binary(...simd(0xd1)),
};

export const i32x4 = {
  add: binary(...simd(0xae)),
  sub: binary(...simd(0xb1)),
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
