// Signed digits of scalars: of whole ones, for multiplications by a table, and of halves, for sums.
import type { Module } from './asm.ts';
import { type Code, get, i32, i64 } from './instructions.ts';

/** `recode`: (digits, scalars, n, stride, window bits). Scalars are packed and below r(1 + 2⁻¹⁹); digit w of
 * scalar i goes to digits + w·stride + 2i, as a signed 16-bit number within ±2^(bits−1). Scalars above r/2
 * are taken as negative, so that small negative numbers have few digits too. */
export function emitRecode(module: Module, order: bigint): void {
  const fn = module.fn('recode', ['i32', 'i32', 'i32', 'i32', 'i32'], []);
  const [digits, scalars, n, stride, bits] = fn.given(5);
  const words = [0, 1, 2, 3].map(() => fn.local('i64'));
  const negated = [0, 1, 2, 3].map(() => fn.local('i64'));
  const wide = fn.let('i64', i64.fromI32u(bits));
  const mask = fn.let('i32', i32.sub(i32.shl(i32.const(1), bits), i32.const(1)));
  const half = fn.let('i32', i32.shl(i32.const(1), i32.sub(bits, i32.const(1))));
  const [i, sign, carry, digit, to, last] = fn.fresh('i32', 6);
  const borrow = fn.local('i64');
  const limb = (value: bigint, word: number) => i64.const((value >> BigInt(64 * word)) & 0xffffffffffffffffn);
  /** to = a − b; `borrow` is 1 when negative. */
  const subtract = (target: number[], a: (word: number) => Code, b: (word: number) => Code) => {
    fn.set(borrow, i64.const(0n));
    target.forEach((local, word) => {
      const difference = fn.let('i64', i64.sub(a(word), b(word)));
      const under = fn.let('i64', i64.fromI32u(i64.ltU(a(word), b(word))));
      const also = i64.fromI32u(i64.ltU(get(difference), get(borrow)));
      fn.set(local, i64.sub(get(difference), get(borrow)));
      fn.set(borrow, i64.or(get(under), also));
    });
  };
  fn.while(
    () => i32.ltU(get(i), n),
    () => {
      fn.scope(() => {
        const address = fn.let('i32', i32.add(scalars, i32.shl(get(i), i32.const(5))));
        words.forEach((word, k) => {
          fn.set(word, i64.load(get(address), 8 * k));
        });
        subtract(
          negated,
          (word) => get(words[word]!),
          (word) => limb(order, word),
        );
        fn.if(i64.eqz(get(borrow)), () => {
          words.forEach((word, k) => {
            fn.set(word, get(negated[k]!));
          });
        });
        subtract(
          negated,
          (word) => limb(order / 2n, word),
          (word) => get(words[word]!),
        );
        fn.set(sign, i32.const(0));
        fn.if(i32.eqz(i64.eqz(get(borrow))), () => {
          subtract(
            negated,
            (word) => limb(order, word),
            (word) => get(words[word]!),
          );
          words.forEach((word, k) => {
            fn.set(word, get(negated[k]!));
          });
          fn.set(sign, i32.const(-1));
        });
      });
      fn.set(carry, i32.const(0));
      fn.set(to, i32.add(digits, i32.shl(get(i), i32.const(1))));
      // 254 bits with the carry: ceil(254 / bits) windows.
      fn.set(last, i32.const(0));
      fn.while(
        () => i32.ltU(get(last), i32.const(254)),
        () => {
          fn.set(digit, i32.add(i32.and(i32.wrap(get(words[0]!)), get(mask)), get(carry)));
          fn.set(carry, i32.gtU(get(digit), get(half)));
          fn.set(
            digit,
            i32.sub(get(digit), i32.select(i32.add(get(mask), i32.const(1)), i32.const(0), get(carry))),
          );
          fn.emit(i32.store16(get(to), i32.sub(i32.xor(get(digit), get(sign)), get(sign))));
          words.forEach((word, k) => {
            const low = i64.shrU(get(word), get(wide));
            const high = k === 3 ? null : i64.shl(get(words[k + 1]!), i64.sub(i64.const(64n), get(wide)));
            fn.set(word, high === null ? low : i64.or(low, high));
          });
          fn.set(to, i32.add(get(to), stride));
          fn.set(last, i32.add(get(last), bits));
        },
      );
      fn.set(i, i32.add(get(i), i32.const(1)));
    },
  );
}

/** `recode_halves`: (digits, halves, n, stride, window bits, windows). What `split` made: digit w of the first half of
 * scalar i goes to digits + w·stride + 2i, of the second half to `windows` strides further, as a signed 16-bit number
 * from −2^(bits−1) to 2^(bits−1) − 1. There must be windows for 128 bits. */
export function emitRecodeHalves(module: Module): void {
  const fn = module.fn('recode_halves', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);
  const [digits, halves, n, stride, bits, windows] = fn.given(6);
  const wide = fn.let('i64', i64.fromI32u(bits));
  const rest = fn.let('i64', i64.sub(i64.const(64n), get(wide)));
  const whole = fn.let('i32', i32.shl(i32.const(1), bits));
  const mask = fn.let('i32', i32.sub(get(whole), i32.const(1)));
  const half = fn.let('i32', i32.shrU(get(whole), i32.const(1)));
  const [lo, hi] = [fn.local('i64'), fn.local('i64')];
  const [i, carry, digit, to, left] = fn.fresh('i32', 5);
  fn.while(
    () => i32.ltU(get(i), i32.shl(n, i32.const(1))),
    () => {
      fn.scope(() => {
        const from = fn.let('i32', i32.add(halves, i32.shl(get(i), i32.const(4))));
        fn.set(lo, i64.load(get(from)));
        fn.set(hi, i64.load(get(from), 8));
        const second = i32.and(get(i), i32.const(1));
        const own = i32.add(digits, i32.and(get(i), i32.const(-2)));
        fn.set(to, i32.add(own, i32.mul(i32.mul(windows, stride), second)));
        fn.set(carry, i32.const(0));
        fn.set(left, windows);
      });
      fn.while(
        () => get(left),
        () => {
          fn.set(digit, i32.add(i32.and(i32.wrap(get(lo)), get(mask)), get(carry)));
          fn.set(carry, i32.geU(get(digit), get(half)));
          fn.set(digit, i32.sub(get(digit), i32.select(get(whole), i32.const(0), get(carry))));
          fn.emit(i32.store16(get(to), get(digit)));
          fn.set(lo, i64.or(i64.shrU(get(lo), get(wide)), i64.shl(get(hi), get(rest))));
          fn.set(hi, i64.shrS(get(hi), get(wide)));
          fn.set(to, i32.add(get(to), stride));
          fn.set(left, i32.sub(get(left), i32.const(1)));
        },
      );
      fn.set(i, i32.add(get(i), i32.const(1)));
    },
  );
}
