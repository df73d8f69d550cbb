// Recorded proofs as they are kept for the tests: only what a prediction can know of them, one line for each.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { TaughtBy } from '../../src/core/estimates.ts';
import { RUNGS } from '../../src/core/job.ts';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { projectFolder } from '../helpers/app.ts';

/** tests/fixtures/runs-NAME.json */
export const keptRunsFile = (name: string): string => join(projectFolder, `tests/fixtures/runs-${name}.json`);

export function keptRunsNames(): string[] {
  const names = readdirSync(join(projectFolder, 'tests/fixtures')).map(
    (file) => /^runs-(.+)\.json$/.exec(file)?.[1],
  );
  return names.filter((name) => name !== undefined).sort();
}

const Ms = v.pipe(v.number(), v.integer(), v.minValue(0));
const Index = v.pipe(v.number(), v.integer(), v.minValue(0));

const KeptRunsSchema = v.object({
  /** What the machine was and did meanwhile, in words. */
  about: v.string(),
  circuits: v.array(v.object({ id: v.string(), zkeySha256: v.string(), constraints: v.number() })),
  rungs: v.array(v.picklist(RUNGS)),
  /** By the clock of the recording, from the end of its first proof. */
  runs: v.array(v.tuple([Index, Index, Ms, Ms, Ms])),
});
type KeptRuns = v.InferOutput<typeof KeptRunsSchema>;

export function readKeptRuns(name: string): { about: string; runs: (TaughtBy & { totalMs: number })[] } {
  const kept = v.parse(KeptRunsSchema, JSON.parse(readFileSync(keptRunsFile(name), 'utf8')));
  const runs = kept.runs.map(([circuit, rung, endedAtMs, totalMs, proveMs]) => ({
    ...kept.circuits[circuit]!,
    ...{ backendId: 'thread', kind: 'thread' as const, outcome: 'succeeded' as const, stagesMs: {} },
    ...{ rung: kept.rungs[rung]!, endedAtMs, totalMs, proveMs },
  }));
  return { about: kept.about, runs };
}

/** As a file's text. */
export function keptRuns(records: readonly AttemptRecord[], about: string): string {
  const proved = records.filter(({ outcome, proveMs }) => outcome === 'succeeded' && proveMs !== null);
  const ids = [...new Set(proved.map(({ circuitId }) => circuitId))].sort();
  const circuits = ids.map((id) => {
    const { zkeySha256, constraints } = proved.find(({ circuitId }) => circuitId === id)!;
    return { id, zkeySha256, constraints };
  });
  const rungs = [...new Set(proved.map(({ rung }) => rung))];
  const firstMs = proved[0]?.endedAtMs ?? 0;
  const runs = proved.map(({ circuitId, rung, endedAtMs, totalMs, proveMs }): KeptRuns['runs'][number] => [
    ids.indexOf(circuitId),
    rungs.indexOf(rung),
    Math.round(endedAtMs - firstMs),
    Math.round(totalMs),
    Math.round(proveMs ?? 0),
  ]);
  const { runs: lines, rungs: names, ...head } = v.parse(KeptRunsSchema, { about, circuits, rungs, runs });
  // As biome formats it.
  const text = JSON.stringify(head, null, 2).slice(0, -2);
  const rows = lines.map((line) => `    [${line.join(', ')}]`).join(',\n');
  const quoted = names.map((name) => `"${name}"`).join(', ');
  return `${text},\n  "rungs": [${quoted}],\n  "runs": [\n${rows}\n  ]\n}\n`;
}
