// The inverse of a batch's product by the binary Euclidean algorithm, on words of 64 bits: one for all lanes.
// Multiplications by two instead of halvings, many at once, are made good at the end (B. Kaliski, "The Montgomery
// inverse and its applications", IEEE Transactions on Computers 44, 1995).
import type { Fn, Module } from './asm.ts';
import { Field } from './field.ts';
import { type Code, get, i32, i64 } from './instructions.ts';
import { inverseModulo } from './reduction.ts';
import type { Tier } from './tier.ts';

const WORDS = [0, 1, 2, 3];
/** At most 2·254 multiplications by two; their number is split into two table entries. */
const LOW_BITS = 4;
const HIGH_ENTRIES = 32;

/** (to, packed): `packed` holds one element per lane, and is written over; `to` gets their inverses as digits.
 * When one is zero, all are zero. */
export function emitInverse(module: Module, tier: Tier, modulus: bigint): { index: number } {
  const fn = module.fn(null, ['i32', 'i32'], []);
  const field = new Field(fn, tier, modulus);
  const [to, packed] = [fn.param(0), fn.param(1)];
  const addresses = Array.from({ length: tier.lanes }, (_, lane) => i32.add(packed, i32.const(32 * lane)));
  const others = field.variable();
  others.assign(field.knownTight(field.radix));
  if (tier.lanes === 2) {
    // x₀⁻¹ = (x₀·x₁)⁻¹·x₁, and the other way round.
    const x = field.tidy(field.loadPacked(addresses), 'tight');
    others.assign(field.reverseLanes(x));
    field.storePacked(addresses, field.multiply(x, others.value, 'packed'));
  }
  const doublings = emitEuclid(fn, packed, tier.lanes, modulus);
  // 2⁻ᵏ·radix² for the form of Montgomery, and once more for each product below.
  const power = (bits: number) =>
    (inverseModulo((1n << BigInt(bits)) % modulus, modulus) * field.radix ** 2n) % modulus;
  const table = (entries: number, step: number) =>
    module.constantBytes(
      Array.from({ length: entries }, (_, i) => power(step * i)).flatMap((value) =>
        Array.from({ length: 32 }, (_, byte) => Number((value >> BigInt(8 * byte)) & 255n)),
      ),
    );
  const [low, high] = [table(1 << LOW_BITS, 1), table(HIGH_ENTRIES, 1 << LOW_BITS)];
  const entry = (base: number, index: Code) => {
    const at = get(fn.let('i32', i32.add(i32.const(base), i32.shl(index, i32.const(5)))));
    return field.loadPacked(addresses.map(() => at));
  };
  const raw = field.tidy(field.loadPacked(addresses), 'tight');
  const once = field.multiply(raw, entry(low, i32.and(doublings, i32.const((1 << LOW_BITS) - 1))), 'tight');
  const inverse = field.multiply(once, entry(high, i32.shrU(doublings, i32.const(LOW_BITS))), 'tight');
  field.storeWork(to, field.multiply(inverse, others.value, 'tight'));
  return fn;
}

/** Replaces the first packed number x, in all lanes, by x⁻¹·2ᵏ modulo the modulus; k is returned. With |a|·v + |b|·u
 * = modulus throughout, a·x ≡ u·2ᵏ and b·x ≡ v·2ᵏ, where a and b have opposite signs. */
function emitEuclid(fn: Fn, packed: Code, lanes: number, modulus: bigint): Code {
  const number = () => WORDS.map(() => fn.local('i64'));
  const [u, v, a, b, difference] = [number(), number(), number(), number(), number()] as const;
  const modulusWord = (word: number) => i64.const((modulus >> BigInt(64 * word)) & ((1n << 64n) - 1n));
  for (const word of WORDS) {
    fn.set(u[word]!, i64.load(packed, 8 * word));
    fn.set(v[word]!, modulusWord(word));
    fn.set(a[word]!, i64.const(word === 0 ? 1n : 0n));
    fn.set(b[word]!, i64.const(0n));
  }
  const k = fn.let('i32', i32.const(0));
  /** Whether b is positive. */
  const sign = fn.let('i32', i32.const(0));
  const zeros = fn.local('i64');
  const all = () => WORDS.map((word) => get(u[word]!)).reduce((x, y) => i64.or(x, y));
  fn.while(
    () => i32.eqz(i64.eqz(all())),
    () => {
      // Of a word of zeros, 63 bits at a time.
      const count = i64.ctz(i64.or(get(u[0]!), i64.const(1n << 63n)));
      fn.set(zeros, count);
      fn.set(k, i32.add(get(k), i32.wrap(get(zeros))));
      shiftRight(fn, u, zeros);
      shiftLeft(fn, b, zeros);
      fn.if(i32.wrap(i64.and(get(u[0]!), i64.const(1n))), () => {
        const borrow = subtract(fn, difference, u, v);
        fn.if(
          borrow,
          () => {
            subtract(fn, difference, v, u);
            for (const word of WORDS) {
              fn.set(v[word]!, get(u[word]!));
              fn.set(u[word]!, get(difference[word]!));
              fn.set(difference[word]!, get(a[word]!));
            }
            add(fn, a, b);
            for (const word of WORDS) fn.set(b[word]!, get(difference[word]!));
            fn.set(sign, i32.xor(get(sign), i32.const(1)));
          },
          () => {
            for (const word of WORDS) fn.set(u[word]!, get(difference[word]!));
            add(fn, a, b);
          },
        );
      });
    },
  );
  fn.if(i32.eqz(get(sign)), () => {
    for (const word of WORDS) fn.set(u[word]!, modulusWord(word));
    subtract(fn, difference, u, b);
    for (const word of WORDS) fn.set(b[word]!, get(difference[word]!));
  });
  for (let lane = 0; lane < lanes; lane++) {
    for (const word of WORDS) fn.emit(i64.store(packed, get(b[word]!), 32 * lane + 8 * word));
  }
  return get(k);
}

/** By less than 64 bits. */
function shiftRight(fn: Fn, number: number[], bits: number): void {
  const rest = i64.sub(i64.const(63n), get(bits));
  for (const word of WORDS) {
    const own = i64.shrU(get(number[word]!), get(bits));
    const above = word === 3 ? null : i64.shl(i64.shl(get(number[word + 1]!), i64.const(1n)), rest);
    fn.set(number[word]!, above === null ? own : i64.or(own, above));
  }
}

function shiftLeft(fn: Fn, number: number[], bits: number): void {
  const rest = i64.sub(i64.const(63n), get(bits));
  for (const word of [...WORDS].reverse()) {
    const own = i64.shl(get(number[word]!), get(bits));
    const below = word === 0 ? null : i64.shrU(i64.shrU(get(number[word - 1]!), i64.const(1n)), rest);
    fn.set(number[word]!, below === null ? own : i64.or(own, below));
  }
}

/** to = x − y; the result is whether it is negative. */
function subtract(fn: Fn, to: number[], x: number[], y: number[]): Code {
  const borrow = fn.let('i64', i64.const(0n));
  for (const word of WORDS) {
    const first = fn.let('i64', i64.sub(get(x[word]!), get(y[word]!)));
    const under = i64.fromI32u(i64.ltU(get(x[word]!), get(y[word]!)));
    const also = i64.fromI32u(i64.ltU(get(first), get(borrow)));
    fn.set(to[word]!, i64.sub(get(first), get(borrow)));
    fn.set(borrow, i64.or(under, also));
  }
  return i32.wrap(get(borrow));
}

/** x += y; there is room. */
function add(fn: Fn, x: number[], y: number[]): void {
  const carry = fn.let('i64', i64.const(0n));
  for (const word of WORDS) {
    const first = fn.let('i64', i64.add(get(x[word]!), get(y[word]!)));
    const over = i64.fromI32u(i64.ltU(get(first), get(y[word]!)));
    const sum = fn.let('i64', i64.add(get(first), get(carry)));
    const also = i64.fromI32u(i64.ltU(get(sum), get(carry)));
    fn.set(x[word]!, get(sum));
    fn.set(carry, i64.or(over, also));
  }
}
