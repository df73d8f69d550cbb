// Buckets of the scalars' second halves join those of the first: each such sum is multiplied by λ, one product for
// its x, and added. So weights are paid for once for both halves, and no table of multiplied points is needed.
import type { Fn, Module } from './asm.ts';
import { Extension } from './extension.ts';
import { Field } from './field.ts';
import { type Code, get, i32, i64 } from './instructions.ts';
import { batchScratch, ENTRY_BYTES, MAX_PAIRS } from './scratch.ts';
import type { Tier } from './tier.ts';

interface Shared {
  /** Start of this thread's scratch memory. */
  scratch: Code;
  /** Not zero: points at infinity may be about. */
  carefulFirst: Code;
  addBatch: { index: number };
  /** Times x it multiplies a point by λ. */
  beta: bigint;
}

/** `<name>_merge`: (table, slots, second table, second slots, buckets, list) → additions. Adds λ times each sum of the
 * second table to that of the first; both are as `<name>_buckets` leaves them, and both slots are written to. */
export function emitMerge(
  module: Module,
  tier: Tier,
  name: string,
  modulus: bigint,
  degree: 1 | 2,
  shared: Shared,
): void {
  const fn = module.fn(`${name}_merge`, ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], ['i32']);
  const [table, slots, second, secondSlots, buckets, list] = fn.given(6);
  const slot = (base: Code, bucket: Code) => i32.add(base, i32.shl(bucket, i32.const(5 + degree)));
  const word = (base: Code, bucket: Code) => i32.add(base, i32.shl(bucket, i32.const(2)));
  const b = fn.let('i32', i32.const(0));
  fn.while(
    () => i32.ltU(get(b), buckets),
    () => {
      fn.scope(() => {
        const lanes = Array.from({ length: tier.lanes }, (_, lane) => {
          const bucket = get(fn.let('i32', i32.add(get(b), i32.const(lane))));
          const entry = fn.let('i32', i32.load(word(second, bucket)));
          forgetInfinity(fn, entry, shared.carefulFirst, degree);
          // Where the first table has nothing, the product is the sum.
          const place = i32.select(
            slot(secondSlots, bucket),
            slot(slots, bucket),
            i32.load(word(table, bucket)),
          );
          return { bucket, entry, place: get(fn.let('i32', place)) };
        });
        fn.if(
          lanes.map(({ entry }) => get(entry)).reduce((x, y) => i32.or(x, y)),
          () => multiplyByLambda(fn, tier, modulus, degree, lanes, shared),
        );
        for (const { bucket, entry, place } of lanes) {
          const product = i32.or(place, i32.and(get(entry), i32.const(1)));
          fn.emit(i32.store(word(second, bucket), i32.select(product, i32.const(0), get(entry))));
        }
      });
      fn.set(b, i32.add(get(b), i32.const(tier.lanes)));
    },
  );
  addUp(fn, shared.addBatch, { table, second, buckets, list, word, slot: (bucket) => slot(slots, bucket) });
}

/** A sum at infinity becomes none. */
function forgetInfinity(fn: Fn, entry: number, mayBe: Code, degree: 1 | 2): void {
  fn.if(i32.and(mayBe, i32.ne(get(entry), i32.const(0))), () => {
    const at = i32.and(get(entry), i32.const(-2));
    const words = Array.from({ length: 8 * degree }, (_, i) => i64.load(at, 8 * i));
    const isZero = i64.eqz(words.reduce((x, y) => i64.or(x, y)));
    fn.if(isZero, () => fn.set(entry, i32.const(0)));
  });
}

function multiplyByLambda(
  fn: Fn,
  tier: Tier,
  modulus: bigint,
  degree: 1 | 2,
  lanes: { entry: number; place: Code }[],
  shared: Shared,
): void {
  const at = batchScratch(tier, degree);
  const dummy = (offset: number) => i32.add(shared.scratch, i32.const(offset));
  const [from, to] = [
    lanes.map(({ entry }) => i32.select(i32.and(get(entry), i32.const(-2)), dummy(at.dummyB), get(entry))),
    lanes.map(({ entry, place }) => i32.select(place, dummy(at.dummyTo), get(entry))),
  ].map((addresses) => addresses.map((address) => get(fn.let('i32', address)))) as [Code[], Code[]];
  const ext = new Extension(new Field(fn, tier, modulus), degree);
  const { field } = ext;
  const by = field.known((shared.beta * field.radix) % modulus);
  const product = ext.loadPacked(from, 0).map((part) => field.sum([[field.operand(part), by]], 'packed'));
  ext.storePacked(to, product, 0);
  from.forEach((address, lane) => {
    for (let i = 4 * degree; i < 8 * degree; i++) {
      fn.emit(i64.store(to[lane]!, i64.load(address, 8 * i), 8 * i));
    }
  });
}

interface Tables {
  table: Code;
  second: Code;
  buckets: Code;
  list: Code;
  word: (base: Code, bucket: Code) => Code;
  slot: (bucket: Code) => Code;
}

/** Returns the number of additions. */
function addUp(
  fn: Fn,
  addBatch: { index: number },
  { table, second, buckets, list, word, slot }: Tables,
): void {
  const [b, n, all] = [0, 1, 2].map(() => fn.let('i32', i32.const(0))) as [number, number, number];
  const [own, other] = [fn.local('i32'), fn.local('i32')];
  const flush = () => {
    fn.emit(fn.call(addBatch, list, get(n)));
    fn.set(all, i32.add(get(all), get(n)));
    fn.set(n, i32.const(0));
  };
  fn.while(
    () => i32.ltU(get(b), buckets),
    () => {
      fn.set(other, i32.load(word(second, get(b))));
      fn.if(get(other), () => {
        fn.set(own, i32.load(word(table, get(b))));
        fn.if(
          get(own),
          () => {
            const entry = i32.add(list, i32.mul(get(n), i32.const(ENTRY_BYTES)));
            fn.emit(
              i32.store(entry, get(own)),
              i32.store(entry, get(other), 4),
              i32.store(entry, slot(get(b)), 8),
              i32.store(word(table, get(b)), slot(get(b))),
            );
            fn.set(n, i32.add(get(n), i32.const(1)));
            fn.if(i32.eq(get(n), i32.const(MAX_PAIRS)), flush);
          },
          () => fn.emit(i32.store(word(table, get(b)), get(other))),
        );
      });
      fn.set(b, i32.add(get(b), i32.const(1)));
    },
  );
  flush();
  fn.return(get(all));
}
