// What a multi-scalar multiplication does around its additions: signed digits of the scalars, sorting a
// window's points by bucket, and adding every bucket's points up as a tree, so that no two additions of a
// batch depend on each other.
import { type Code, type Fn, get, i32, i64, type Module } from './asm.ts';
import { ENTRY_BYTES, MAX_PAIRS } from './batch-add.ts';

/** `recode`: (digits, scalars, n, stride, window bits). Scalars are packed and below r(1 + 2⁻¹⁹); digit w of
 * scalar i goes to digits + w·stride + 2i, as a signed 16-bit number within ±2^(bits−1). Scalars above r/2
 * are taken as negative, so that small negative numbers have few digits too. */
export function emitRecode(module: Module, order: bigint): void {
  const fn = module.fn('recode', ['i32', 'i32', 'i32', 'i32', 'i32'], []);
  const [digits, scalars, n, stride, bits] = [0, 1, 2, 3, 4].map((i) => fn.param(i)) as [Code, Code, Code, Code, Code];
  const words = [0, 1, 2, 3].map(() => fn.local('i64'));
  const negated = [0, 1, 2, 3].map(() => fn.local('i64'));
  const wide = fn.let('i64', i64.fromI32u(bits));
  const mask = fn.let('i32', i32.sub(i32.shl(i32.const(1), bits), i32.const(1)));
  const half = fn.let('i32', i32.shl(i32.const(1), i32.sub(bits, i32.const(1))));
  const [i, sign, carry, digit, to, last] = ['', '', '', '', '', ''].map(() => fn.local('i32')) as [number, number, number, number, number, number];
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
        subtract(negated, (word) => get(words[word]!), (word) => limb(order, word));
        fn.if(i64.eqz(get(borrow)), () => {
          words.forEach((word, k) => {
            fn.set(word, get(negated[k]!));
          });
        });
        subtract(negated, (word) => limb(order / 2n, word), (word) => get(words[word]!));
        fn.set(sign, i32.const(0));
        fn.if(i32.eqz(i64.eqz(get(borrow))), () => {
          subtract(negated, (word) => limb(order, word), (word) => get(words[word]!));
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
          fn.set(digit, i32.sub(get(digit), i32.select(i32.add(get(mask), i32.const(1)), i32.const(0), get(carry))));
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

/** `<name>_buckets`: (ends, entries, counts, buckets, table, slots, list, spare, chunk). Adds up the points of
 * every bucket b = 1…buckets: table[b − 1] becomes the address | sign of its sum, or 0 when it is empty. Sums lie
 * in slots (one point per bucket) or are a base itself. Buckets are taken in chunks of at most `chunk` entries,
 * whose sums in between lie in `spare`, above every other address: room for chunk/2 points. */
export function emitBuckets(module: Module, name: string, addBatch: { index: number }, degree: 1 | 2): void {
  const fn = module.fn(`${name}_buckets`, Array.from({ length: 9 }, () => 'i32' as const), []);
  const [ends, entries, counts, buckets, table, slots, list, spare, chunk] = Array.from({ length: 9 }, (_, i) => fn.param(i)) as [Code, Code, Code, Code, Code, Code, Code, Code, Code];
  const pointShift = i32.const(5 + degree);
  const word = (base: Code, index: Code) => i32.add(base, i32.shl(index, i32.const(2)));
  const [first, after, start, end, size, bump, more, n, b, own, t, a, other, to, whole] = Array.from({ length: 15 }, () => fn.local('i32')) as [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number];
  const slot = (bucket: Code) => i32.add(slots, i32.shl(i32.sub(bucket, i32.const(1)), pointShift));
  const flush = () => {
    fn.emit(fn.call(addBatch, list, get(n)));
    fn.set(n, i32.const(0));
  };

  /** Adds up buckets first…after−1, whose entries begin at `startOf(b)`, until each has one left. */
  const addUp = (startOf: (bucket: Code) => Code) => {
    fn.set(bump, spare);
    fn.set(more, i32.const(1));
    fn.while(
      () => get(more),
      () => {
        fn.set(more, i32.const(0));
        fn.set(n, i32.const(0));
        fn.set(b, get(first));
        fn.while(
          () => i32.ltU(get(b), get(after)),
          () => {
            fn.set(size, i32.load(word(counts, get(b))));
            fn.if(i32.gtU(get(size), i32.const(1)), () => {
              fn.set(own, word(entries, startOf(get(b))));
              fn.set(t, i32.const(0));
              fn.set(whole, i32.shrU(get(size), i32.const(1)));
              fn.while(
                () => i32.ltU(get(t), get(whole)),
                () => {
                  const pair = i32.add(get(own), i32.shl(get(t), i32.const(3)));
                  fn.set(a, i32.load(pair));
                  fn.set(other, i32.load(pair, 4));
                  const free = () =>
                    fn.if(
                      i32.geU(get(a), spare),
                      () => fn.set(to, get(a)),
                      () =>
                        fn.if(
                          i32.geU(get(other), spare),
                          () => fn.set(to, get(other)),
                          () => {
                            fn.set(to, get(bump));
                            fn.set(bump, i32.add(get(bump), i32.shl(i32.const(1), pointShift)));
                          },
                        ),
                    );
                  fn.if(i32.eq(get(size), i32.const(2)), () => fn.set(to, slot(get(b))), free);
                  const entry = i32.add(list, i32.mul(get(n), i32.const(ENTRY_BYTES)));
                  fn.emit(i32.store(entry, get(a)), i32.store(entry, get(other), 4), i32.store(entry, get(to), 8));
                  fn.emit(i32.store(word(get(own), get(t)), get(to)));
                  fn.set(t, i32.add(get(t), i32.const(1)));
                  fn.set(n, i32.add(get(n), i32.const(1)));
                  fn.if(i32.eq(get(n), i32.const(MAX_PAIRS)), flush);
                },
              );
              fn.if(i32.and(get(size), i32.const(1)), () => {
                fn.emit(i32.store(word(get(own), get(whole)), i32.load(word(get(own), i32.sub(get(size), i32.const(1))))));
                fn.set(whole, i32.add(get(whole), i32.const(1)));
              });
              fn.emit(i32.store(word(counts, get(b)), get(whole)));
              fn.if(i32.gtU(get(whole), i32.const(1)), () => fn.set(more, i32.const(1)));
            });
            fn.set(b, i32.add(get(b), i32.const(1)));
          },
        );
        flush();
      },
    );
  };

  fn.set(first, i32.const(1));
  fn.while(
    () => i32.geU(buckets, get(first)),
    () => {
      fn.set(start, i32.load(word(ends, i32.sub(get(first), i32.const(1)))));
      fn.set(end, i32.load(word(ends, get(first))));
      fn.set(after, i32.add(get(first), i32.const(1)));
      fn.if(
        i32.gtU(i32.sub(get(end), get(start)), chunk),
        () => {
          // A bucket larger than a chunk: in pieces, each beginning with the sum so far.
          fn.while(
            () => i32.gtU(i32.sub(get(end), get(start)), i32.const(1)),
            () => {
              fn.set(size, i32.sub(get(end), get(start)));
              fn.set(size, i32.select(chunk, get(size), i32.gtU(get(size), chunk)));
              fn.emit(i32.store(word(counts, get(first)), get(size)));
              fn.set(t, i32.add(get(start), i32.sub(get(size), i32.const(1))));
              const next = fn.let('i32', get(t));
              addUp(() => get(start));
              fn.set(start, get(next));
              fn.emit(i32.store(word(entries, get(start)), slot(get(first))));
            },
          );
          fn.emit(i32.store(word(table, i32.sub(get(first), i32.const(1))), slot(get(first))));
        },
        () => {
          fn.while(
            () =>
              i32.and(
                i32.geU(buckets, get(after)),
                i32.geU(chunk, i32.sub(i32.load(word(ends, get(after))), get(start))),
              ),
            () => fn.set(after, i32.add(get(after), i32.const(1))),
          );
          const startOf = (bucket: Code) => i32.load(word(ends, i32.sub(bucket, i32.const(1))));
          fn.set(b, get(first));
          fn.while(
            () => i32.ltU(get(b), get(after)),
            () => {
              fn.emit(i32.store(word(counts, get(b)), i32.sub(i32.load(word(ends, get(b))), startOf(get(b)))));
              fn.set(b, i32.add(get(b), i32.const(1)));
            },
          );
          addUp(startOf);
          fn.set(b, get(first));
          fn.while(
            () => i32.ltU(get(b), get(after)),
            () => {
              const any = i32.sub(i32.load(word(ends, get(b))), startOf(get(b)));
              const sum = i32.load(word(entries, startOf(get(b))));
              fn.emit(i32.store(word(table, i32.sub(get(b), i32.const(1))), i32.select(sum, i32.const(0), any)));
              fn.set(b, i32.add(get(b), i32.const(1)));
            },
          );
        },
      );
      fn.set(first, get(after));
    },
  );
}
