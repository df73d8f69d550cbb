// What the tiers of two 64-bit lanes have in common.
import type { Fn } from './asm.ts';
import { type Code, get, i32, i64, i64x2, v128 } from './instructions.ts';
import type { Tier } from './tier.ts';

const EVEN = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const ODD = EVEN.map((byte) => byte + 8);
const SWAP = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];

/** The same integer in both lanes. */
export const integer = (fn: Fn, value: bigint): Code => {
  const word = BigInt.asUintN(64, value);
  return fn.constant(word, word);
};

export const twoLanes: Pick<
  Tier,
  | 'reg'
  | 'add'
  | 'sub'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shrU'
  | 'constant'
  | 'loadWords'
  | 'storeWords'
  | 'loadReg'
  | 'loadSplat'
  | 'storeReg'
  | 'laneMask'
  | 'select'
  | 'transpose'
  | 'reverseLanes'
> = {
  reg: 'v128',
  add: i64x2.add,
  sub: i64x2.sub,
  and: v128.and,
  or: v128.or,
  xor: v128.xor,
  shl: i64x2.shl,
  shrU: i64x2.shrU,
  constant: integer,

  loadWords(fn, [a, b]) {
    const load = (address: Code, offset: number) => get(fn.let('v128', v128.load(address, offset)));
    const [a0, b0, a1, b1] = [load(a!, 0), load(b!, 0), load(a!, 16), load(b!, 16)];
    return [
      v128.shuffle(a0, b0, EVEN),
      v128.shuffle(a0, b0, ODD),
      v128.shuffle(a1, b1, EVEN),
      v128.shuffle(a1, b1, ODD),
    ].map((word) => get(fn.let('v128', word)));
  },

  storeWords(fn, [a, b], [w0, w1, w2, w3]) {
    fn.emit(
      v128.store(a!, v128.shuffle(w0!, w1!, EVEN), 0),
      v128.store(a!, v128.shuffle(w2!, w3!, EVEN), 16),
    );
    fn.emit(v128.store(b!, v128.shuffle(w0!, w1!, ODD), 0), v128.store(b!, v128.shuffle(w2!, w3!, ODD), 16));
  },

  loadReg: (address, offset) => v128.load(address, offset),
  loadSplat: (address, offset) => v128.load64Splat(address, offset),
  storeReg: (address, value, offset) => v128.store(address, value, offset),

  laneMask(_fn, [a, b]) {
    const mask = (flag: Code) => i64.sub(i64.const(0n), i64.fromI32u(i32.ne(flag, i32.const(0))));
    return i64x2.replace(i64x2.splat(mask(a!)), 1, mask(b!));
  },

  select: v128.bitselect,
  transpose: (a, b) => [v128.shuffle(a, b, EVEN), v128.shuffle(a, b, ODD)],
  reverseLanes: (a) => v128.shuffle(a, a, SWAP),
};
