// `npm run simulate -- --seeds N [--from S] [--steps N] [--bug "name"]`: more schedules than the tests run.
import { readArguments, runCommand } from '../../scripts/command-line.ts';
import { UsageError } from '../../worker-server/cli/files.ts';
import { plantedBugs } from './bugs.ts';
import { simulate } from './simulate.ts';

const HELP = `Runs the scheduler on seeded schedules of crashes, races and faults.

  npm run simulate [-- --seeds N] [--from S] [--steps N] [--bug "NAME"]

  --seeds N   how many schedules (100)
  --from S    the first one's seed (1)
  --steps N   steps in each (100)
  --bug NAME  plants this bug, to see that it is found:
${plantedBugs.map(({ name }) => `              ${name}`).join('\n')}
`;

function whole(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${flag} is a whole number.`);
  return Number(text);
}

async function main(): Promise<void> {
  const { values } = readArguments(HELP, {
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      steps: { type: 'string', default: '100' },
      bug: { type: 'string' },
    },
  });
  const seeds = whole('seeds', values.seeds);
  const from = whole('from', values.from);
  const steps = whole('steps', values.steps);
  const bug = plantedBugs.find(({ name }) => name === values.bug);
  if (values.bug !== undefined && bug === undefined) throw new UsageError(`There is no bug "${values.bug}".`);

  let broken = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations } = await simulate(seed, steps, bug);
    if (violations.length === 0) continue;
    broken++;
    console.log(`seed ${seed}: ${violations.join('; ')}`);
  }
  console.log(`${seeds} schedules of ${steps} steps, ${broken} broken`);
  process.exit(broken === 0 ? 0 : 1);
}

await runCommand(main);
