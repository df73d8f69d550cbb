// `npm run bench [-- NAME…]`: measurements, each with its peer in the same run. Never part of the tests.
// What measures is loaded when it is asked for: help and wrong use need none of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { readArguments, runCommand } from '../../scripts/command-line.ts';
import { UsageError } from '../../worker-server/cli/files.ts';
import { backTest, backTestWords, keptRunsWords } from './back-test.ts';
import { keep, machineFacts } from './keep.ts';
import { keptRuns, keptRunsFile } from './kept-runs.ts';
import { PLACES, type Place } from './prove-places.ts';
import { SUBJECT_NAMES } from './prove-subjects.ts';
import { type Part, tableOf, titleOf } from './tables.ts';

/** The least there is to prove, and what a claim is like. */
const OFFLOADED: readonly string[] = ['reputation-16', 'reputation-256'];

const BENCHES = ['keys', 'prove', 'claim', 'queue', 'dispatch', 'offload', 'fleet'] as const;

const HELP = `Measures, each beside its peer in the same run.

  npm run bench [-- NAME…] [options]
  npm run bench -- predict [--record N] [--seed N] [--keep-as NAME --about TEXT]

  NAME            ${BENCHES.join(', ')}; all unless told
  predict         alone: how good predictions are, over the proofs recorded here, or without them over those
                  that are kept for the tests; --record N makes N new ones first,
                  drawn by --seed; --keep-as keeps them for the tests, which test predictions on them, and --about
                  says what the machine was and did meanwhile
  --circuit NAME  of prove, may be repeated: ${SUBJECT_NAMES.join(', ')};
                  of offload: ${OFFLOADED.join(', ')}
  --place NAME    of prove, may be repeated: ${PLACES.map((place) => `"${place}"`).join(', ')}
  --rounds N      warm proofs by each prover (5; claim, keys: 3; offload: 10), jobs through the queue (300)
                  or given out (dispatch: 1000; fleet: 40 for each process of provers)
  --cold N        first proofs by each prover, each in a fresh page or process (3)
  --json F        also writes the numbers to F
  --keep          also puts them into docs/benchmarks.md and .json, in place of these parts' last run

semaphore-32 needs GNOMON_TEST_DATA; reputation-N needs npm run circuits.
`;

function chosen<T extends string>(what: string, given: string[] | undefined, known: readonly T[]): T[] {
  if (given === undefined || given.length === 0) return [...known];
  return given.map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined)
      throw new UsageError(`There is no ${what} "${name}"; there are: ${known.join(', ')}.`);
    return found;
  });
}

function count(flag: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new UsageError(`--${flag} is a whole number from 1 on.`);
  return Number(value);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values, positionals } = readArguments(HELP, {
    allowPositionals: true,
    options: {
      circuit: { type: 'string', multiple: true },
      place: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      cold: { type: 'string' },
      json: { type: 'string' },
      keep: { type: 'boolean' },
      record: { type: 'string' },
      seed: { type: 'string' },
      'keep-as': { type: 'string' },
      about: { type: 'string' },
    },
  });
  if (positionals.length === 1 && positionals[0] === 'predict') {
    const { recordedRuns, recordRuns } = await import('./record-runs.ts');
    if (values.record !== undefined) {
      await recordRuns(count('record', values.record, 200), count('seed', values.seed, 6));
    }
    const name = values['keep-as'];
    const records = recordedRuns();
    if (records === null) {
      if (name !== undefined) throw new UsageError('No proofs have been recorded: add --record 200.');
      say(keptRunsWords());
      return;
    }
    say(backTestWords(backTest(records)));
    if (name !== undefined) await writeFile(keptRunsFile(name), keptRuns(records, values.about ?? ''));
    return;
  }
  const names = chosen('bench', positionals, BENCHES);
  const known = [...new Set([...SUBJECT_NAMES, ...OFFLOADED])];
  const circuits = chosen('circuit', values.circuit, known);
  const places = chosen<Place>('place', values.place, PLACES);
  const rounds = count('rounds', values.rounds, 5);
  const coldRounds = count('cold', values.cold, 3);

  const { launchChromium } = await import('../helpers/chromium.ts');
  const browser = await launchChromium();
  const machine = machineFacts(browser.version());
  await browser.close();
  const parts: Part[] = [];
  const finish = async (part: Part): Promise<void> => {
    parts.push(part);
    say(`\n${titleOf(part)}\n\n${tableOf(part)}\n`);
    // After each: a run that is broken off keeps what it has.
    if (values.keep) await keep(machine, [part]);
  };
  const fewRounds = count('rounds', values.rounds, 3);
  if (names.includes('keys')) {
    const occasion = now();
    const { benchKeys } = await import('./keys.ts');
    const rows = await benchKeys(say, fewRounds);
    await finish({ bench: 'keys', rows, rounds: fewRounds, ...occasion });
  }
  if (names.includes('prove')) {
    const { benchProve } = await import('./prove.ts');
    const { benchUserPage } = await import('./user-page.ts');
    for (const circuit of circuits.filter((name) => SUBJECT_NAMES.includes(name))) {
      for (const place of places) {
        const occasion = now();
        const part = await benchProve({ circuit, place, rounds, coldRounds }, say);
        if (part === null)
          say(`${circuit} is left out, its files are not there; --help says where they come from.`);
        else await finish({ bench: 'prove', ...part, ...occasion });
      }
      if (places.includes('Chromium')) {
        const occasion = now();
        const part = await benchUserPage(circuit, 1 + rounds, say);
        if (part !== null) await finish({ bench: 'page', ...part, ...occasion });
      }
    }
  }
  if (names.includes('claim')) {
    const occasion = now();
    const { benchClaim } = await import('./claim.ts');
    const rows = await benchClaim(say, fewRounds);
    await finish({ bench: 'claim', rows, rounds: fewRounds, ...occasion });
  }
  if (names.includes('queue')) {
    const occasion = now();
    const jobs = count('rounds', values.rounds, 300);
    const { benchQueue } = await import('./queue.ts');
    await finish({ bench: 'queue', rows: await benchQueue(say, jobs), rounds: jobs, ...occasion });
  }
  if (names.includes('dispatch')) {
    const occasion = now();
    const jobs = count('rounds', values.rounds, 1_000);
    const { benchDispatch } = await import('./dispatch.ts');
    await finish({ bench: 'dispatch', rows: await benchDispatch(say, jobs), rounds: jobs, ...occasion });
  }
  if (names.includes('fleet')) {
    const occasion = now();
    const jobs = count('rounds', values.rounds, 40);
    const { benchFleet } = await import('./fleet.ts');
    await finish({ bench: 'fleet', rows: await benchFleet(say, jobs), rounds: jobs, ...occasion });
    const again = { ...now(), rounds: count('rounds', values.rounds, 10) };
    const { benchOverhead } = await import('./fleet-overhead.ts');
    const rows = [];
    for (const circuit of OFFLOADED.filter((name) => circuits.includes(name))) {
      const row = await benchOverhead(circuit, again.rounds);
      if (row !== null) rows.push(row);
    }
    await finish({ bench: 'fleet-overhead', rows, ...again });
  }
  if (names.includes('offload')) {
    const offloadRounds = count('rounds', values.rounds, 10);
    const { benchOffload } = await import('./offload.ts');
    for (const circuit of OFFLOADED.filter((name) => circuits.includes(name))) {
      const occasion = now();
      const rows = await benchOffload(circuit, offloadRounds);
      if (rows === null) say(`${circuit} is left out: npm run circuits makes it.`);
      else await finish({ bench: 'offload', circuit, rows, rounds: offloadRounds, ...occasion });
    }
  }
  if (values.json !== undefined) {
    await mkdir(dirname(values.json), { recursive: true });
    await writeFile(values.json, `${JSON.stringify({ machine, parts }, null, 2)}\n`);
  }
}

const now = () => ({ at: new Date().toISOString(), loadBefore: loadavg()[0]! });

await runCommand(main);
process.exit(0); // snarkjs leaves its threads running
