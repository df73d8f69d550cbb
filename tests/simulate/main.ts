// `npm run simulate -- --seeds N [--from S] [--steps N] [--bug "name"]`: more schedules than the tests run.
import { parseArgs } from 'node:util';
import { plantedBugs } from './bugs.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100' },
    bug: { type: 'string' },
  },
});
const [seeds, from, steps] = [Number(values.seeds), Number(values.from), Number(values.steps)];
const bug = plantedBugs.find(({ name }) => name === values.bug);
if (values.bug !== undefined && bug === undefined) {
  console.error(`No such bug. There are:\n${plantedBugs.map(({ name }) => `  ${name}`).join('\n')}`);
  process.exit(2);
}

let broken = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const { violations } = await simulate(seed, steps, bug);
  if (violations.length === 0) continue;
  broken++;
  console.log(`seed ${seed}: ${violations.join('; ')}`);
}
console.log(`${seeds} schedules of ${steps} steps, ${broken} broken`);
process.exit(broken === 0 ? 0 : 1);
