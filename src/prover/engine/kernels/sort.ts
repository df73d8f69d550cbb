// Sorts a window's points by bucket: the steps of a counting sort.
import type { Fn, Module } from './asm.ts';
import { type Code, get, i32 } from './instructions.ts';

/** `count`: (counts, digits, index, n) adds to counts[|digit|]; `sums`: (ends, counts, buckets) turns counts
 * into each bucket's first entry; `place`: (ends, entries, digits, index, n, points, log2 of point bytes)
 * writes address | sign of each point at its bucket's next entry, so that ends[b] becomes what it says.
 * Digits are looked up by index[i], or by i when index is 0. */
export function emitSort(module: Module): void {
  const look = (fn: Fn, digits: Code, index: Code, i: number): number => {
    const position = i32.select(i32.load(i32.add(index, i32.shl(get(i), i32.const(2)))), get(i), index);
    return fn.let('i32', i32.load16s(i32.add(digits, i32.shl(position, i32.const(1)))));
  };
  const magnitude = (digit: number): Code => {
    const sign = i32.shrS(get(digit), i32.const(31));
    return i32.sub(i32.xor(get(digit), sign), sign);
  };
  const each = (fn: Fn, n: Code, body: (i: number) => void) => {
    const i = fn.let('i32', i32.const(0));
    fn.while(
      () => i32.ltU(get(i), n),
      () => {
        fn.scope(() => body(i));
        fn.set(i, i32.add(get(i), i32.const(1)));
      },
    );
  };
  const count = module.fn('count', ['i32', 'i32', 'i32', 'i32'], []);
  each(count, count.param(3), (i) => {
    const digit = look(count, count.param(1), count.param(2), i);
    count.if(get(digit), () => {
      const at = count.let('i32', i32.add(count.param(0), i32.shl(magnitude(digit), i32.const(2))));
      count.emit(i32.store(get(at), i32.add(i32.load(get(at)), i32.const(1))));
    });
  });
  const sums = module.fn('sums', ['i32', 'i32', 'i32'], []);
  const total = sums.let('i32', i32.const(0));
  sums.emit(i32.store(sums.param(0), i32.const(0)));
  each(sums, sums.param(2), (i) => {
    const offset = sums.let('i32', i32.shl(i32.add(get(i), i32.const(1)), i32.const(2)));
    sums.emit(i32.store(i32.add(sums.param(0), get(offset)), get(total)));
    sums.set(total, i32.add(get(total), i32.load(i32.add(sums.param(1), get(offset)))));
  });
  const place = module.fn('place', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);
  each(place, place.param(4), (i) => {
    const digit = look(place, place.param(2), place.param(3), i);
    place.if(get(digit), () => {
      const at = place.let('i32', i32.add(place.param(0), i32.shl(magnitude(digit), i32.const(2))));
      const next = place.let('i32', i32.load(get(at)));
      const entry = i32.or(
        i32.add(place.param(5), i32.shl(get(i), place.param(6))),
        i32.shrU(get(digit), i32.const(31)),
      );
      place.emit(i32.store(i32.add(place.param(1), i32.shl(get(next), i32.const(2))), entry));
      place.emit(i32.store(get(at), i32.add(get(next), i32.const(1))));
    });
  });
}
