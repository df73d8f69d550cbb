// A made-up rating network for benchmarks without the shared data: as many ratings and as uneven as a real one.

const PEOPLE = 5_858;
const RATINGS = 35_592;

/** `source,target,rating,time`; always the same. */
export function syntheticRatings(): string {
  // Numerical Recipes' LCG: repeatable, and good enough to spread ratings.
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const rows: string[] = [];
  for (let row = 0; row < RATINGS; row++) {
    const target = Math.floor(PEOPLE * next() ** 4) + 1;
    const source = ((target + Math.floor(next() * (PEOPLE - 1))) % PEOPLE) + 1;
    const rating = next() < 0.9 ? 1 + Math.floor(next() * 10) : -1 - Math.floor(next() * 10);
    rows.push(`${source},${target},${rating},${1_300_000_000 + row * 1_000}`);
  }
  return rows.join('\n');
}
