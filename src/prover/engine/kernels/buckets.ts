// Adds every bucket's points up as a tree, so that no two additions of a batch depend on each other and a huge
// bucket takes no longer than many small ones.
import type { Module } from './asm.ts';
import { type Code, get, i32 } from './instructions.ts';
import { ENTRY_BYTES, MAX_PAIRS } from './scratch.ts';

/** `<name>_buckets`: (ends, entries, counts, buckets, table, slots, list, spare, chunk). Adds up the points of
 * every bucket b = 1…buckets: table[b − 1] becomes the address | sign of its sum, or 0 when it is empty. Sums lie
 * in slots (one point per bucket) or are a base itself. Buckets are taken in chunks of at most `chunk` entries,
 * whose sums in between lie in `spare`, above every other address: room for chunk/2 points. */
export function emitBuckets(module: Module, name: string, addBatch: { index: number }, degree: 1 | 2): void {
  const fn = module.fn(
    `${name}_buckets`,
    Array.from({ length: 9 }, () => 'i32' as const),
    [],
  );
  const [ends, entries, counts, buckets, table, slots, list, spare, chunk] = fn.given(9);
  const pointShift = i32.const(5 + degree);
  const word = (base: Code, index: Code) => i32.add(base, i32.shl(index, i32.const(2)));
  const [first, after, start, end, size, bump, more, n, b, own, t, a, other, to, whole] = fn.fresh('i32', 15);
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
                  fn.emit(
                    i32.store(entry, get(a)),
                    i32.store(entry, get(other), 4),
                    i32.store(entry, get(to), 8),
                  );
                  fn.emit(i32.store(word(get(own), get(t)), get(to)));
                  fn.set(t, i32.add(get(t), i32.const(1)));
                  fn.set(n, i32.add(get(n), i32.const(1)));
                  fn.if(i32.eq(get(n), i32.const(MAX_PAIRS)), flush);
                },
              );
              fn.if(i32.and(get(size), i32.const(1)), () => {
                fn.emit(
                  i32.store(
                    word(get(own), get(whole)),
                    i32.load(word(get(own), i32.sub(get(size), i32.const(1)))),
                  ),
                );
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
              fn.emit(
                i32.store(word(counts, get(b)), i32.sub(i32.load(word(ends, get(b))), startOf(get(b)))),
              );
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
              fn.emit(
                i32.store(word(table, i32.sub(get(b), i32.const(1))), i32.select(sum, i32.const(0), any)),
              );
              fn.set(b, i32.add(get(b), i32.const(1)));
            },
          );
        },
      );
      fn.set(first, get(after));
    },
  );
}
