// /api/metrics: what the next proof will take, what those before took, and all of it to take along.
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { assumedSpeed } from '../../src/core/assumed-speed.ts';
import { aboutIntervalMs } from '../../src/core/duration-words.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { assume, type Expectation } from '../../src/core/estimates.ts';
import { proverOf, type Rung } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { metricsCsv, metricsJson } from '../../src/core/metrics/export.ts';
import { Totals } from '../../src/core/metrics/summary.ts';
import type { ServerParts } from '../parts.ts';
import { describe } from './describe.ts';
import { problem } from './http.ts';
import { BenchmarksSchema, MetricsExportSchema, PredictionSchema } from './metrics-schemas.ts';
import { CIRCUIT_TYPES } from './schemas.ts';

const CIRCUIT_TYPE = {
  name: 'circuitType',
  in: 'query',
  required: true,
  description: 'An id of the manifest, or `default` (snarkjs) or `optimized` (the engine): the right size.',
} as const;

export function historyRoutes(parts: ServerParts): Hono {
  const routes = new Hono();
  const { history } = parts.jobs;

  routes.get(
    '/predict',
    describe({
      summary: 'What a proof will take: witness and proof, with the interval that nine of ten lie in',
      tag: 'metrics',
      answers: {
        200: { description: 'For each place that can prove it, soonest first.', schema: PredictionSchema },
      },
      errors: [400, 404, 422],
      parameters: [
        CIRCUIT_TYPE,
        {
          name: 'networkSize',
          in: 'query',
          description: 'How many attestations; may be left out when circuitType is an id.',
        },
      ],
    }),
    (context) =>
      answer(context, async () => {
        const circuitType = context.req.query('circuitType') ?? '';
        const networkSize = sizeOf(context.req.query('networkSize'));
        const circuit = await circuitFor(circuitType, networkSize, parts);
        const wanted: Rung = circuitType === 'default' ? 'snarkjs-threaded' : 'engine-threaded';
        const expectedAt = async (id: string, kind: string, rung: Rung) => {
          const known = history.estimates.expect(id, kind === 'remote' ? null : rung, circuit);
          if (known !== null || kind === 'remote') return known;
          return assume(assumedSpeed(rung, await parts.machineSpeed()), rung, circuit);
        };
        const places = parts.jobs.places().map(async ({ id, kind, label, rungs }) => {
          const rung = rungs.includes(wanted)
            ? wanted
            : (rungs.find((one) => proverOf(one) === proverOf(wanted)) ?? wanted);
          const expected = await expectedAt(id, kind, rung);
          return { backendId: id, label, ...(expected === null ? NOTHING_KNOWN : known(expected)) };
        });
        const predictions = await Promise.all(places);
        predictions.sort((a, b) => (a.ms ?? Number.MAX_VALUE) - (b.ms ?? Number.MAX_VALUE));
        return context.json({ circuitType, circuit: circuit.id, networkSize, predictions });
      }),
  );

  routes.get(
    '/benchmarks/:circuitType',
    describe({
      summary:
        'What proofs of a circuit took here: counts, percentiles of whole and stages, memory, failures',
      tag: 'metrics',
      answers: { 200: { description: 'One entry for each circuit and place.', schema: BenchmarksSchema } },
      errors: [404],
      parameters: [{ ...CIRCUIT_TYPE, in: 'path' }],
    }),
    (context) =>
      answer(context, async () => {
        const circuitType = context.req.param('circuitType') ?? '';
        return context.json({ circuitType, benchmarks: await benchmarksOf(circuitType, parts) });
      }),
  );

  routes.get(
    '/export',
    describe({
      summary: 'Every attempt that is kept: JSON, or CSV with one line for each',
      tag: 'metrics',
      answers: { 200: { description: 'A file.', schema: MetricsExportSchema } },
      errors: [400],
      parameters: [{ name: 'format', in: 'query', description: '`json` (when left out) or `csv`.' }],
    }),
    (context) =>
      answer(context, async () => {
        const format = context.req.query('format') ?? 'json';
        const file = (type: string) => ({
          'Content-Type': type,
          'Content-Disposition': `attachment; filename="gnomon-metrics.${format}"`,
        });
        if (format === 'csv') {
          return context.body(metricsCsv(history.all().records), 200, file('text/csv; charset=utf-8'));
        }
        if (format === 'json') {
          return context.json(metricsJson(history.all(), parts.clock.nowMs()), 200, file('application/json'));
        }
        throw new GnomonError('protocol.shape', 'There is no such format.', {
          where: 'format',
          nextStep: 'Ask for json or csv.',
        });
      }),
  );

  return routes;
}

const NOTHING_KNOWN = {
  ms: null,
  lowMs: null,
  highMs: null,
  runs: 0,
  basis: 'unknown' as const,
  words: null,
};

function known(expected: Expectation) {
  return { ...expected, words: aboutIntervalMs(expected) };
}

async function answer(context: Context, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (thrown) {
    return problem(context, thrown);
  }
}

const SizeSchema = v.pipe(v.string(), v.regex(/^[1-9]\d{0,6}$/), v.transform(Number));

function sizeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const parsed = v.safeParse(SizeSchema, text);
  if (parsed.success) return parsed.output;
  throw new GnomonError(
    'protocol.shape',
    'networkSize is the number of attestations, a whole number from 1.',
    {
      where: 'networkSize',
      nextStep: 'Send e.g. networkSize=64.',
    },
  );
}

async function circuitFor(
  type: string,
  size: number | null,
  { circuits }: Pick<ServerParts, 'circuits'>,
): Promise<CircuitEntry> {
  if (type === '') {
    throw new GnomonError('protocol.shape', 'circuitType is missing.', {
      where: 'circuitType',
      nextStep: 'Send an id of /circuits/manifest.json, default or optimized.',
    });
  }
  if (!isAnySize(type)) {
    const circuit = await circuits.find(type);
    if (circuit === undefined) throw unknownCircuit();
    if (circuit.capacity !== null && size !== null && size > circuit.capacity)
      throw tooLarge(circuit.capacity);
    return circuit;
  }
  if (size === null) {
    throw new GnomonError(
      'protocol.shape',
      'networkSize is missing: it says which size of circuit is meant.',
      {
        where: 'networkSize',
        nextStep: 'Send the number of attestations, e.g. networkSize=64.',
      },
    );
  }
  const sized = (await circuits.all())
    .flatMap((circuit) => (circuit.capacity === null ? [] : [{ circuit, capacity: circuit.capacity }]))
    .sort((a, b) => a.capacity - b.capacity);
  const largest = sized.at(-1);
  if (largest === undefined) throw unknownCircuit();
  const fitting = sized.find(({ capacity }) => capacity >= size);
  if (fitting === undefined) throw tooLarge(largest.capacity);
  return fitting.circuit;
}

const isAnySize = (type: string): boolean => (CIRCUIT_TYPES as readonly string[]).includes(type);

function unknownCircuit(): GnomonError {
  return new GnomonError('circuit.not-found', 'This server does not prove that circuit.', {
    where: 'circuitType',
    nextStep: 'Name one of /circuits/manifest.json by its id, or default or optimized.',
  });
}

function tooLarge(capacity: number): GnomonError {
  return new GnomonError('circuit.too-small', `At most ${capacity} attestations fit.`, {
    where: 'networkSize',
    nextStep: 'Send fewer; larger circuits may still be in the making.',
  });
}

async function benchmarksOf(type: string, { circuits, jobs }: ServerParts) {
  const all = await circuits.all();
  const wanted = isAnySize(type)
    ? all.filter(({ capacity }) => capacity !== null)
    : all.filter(({ id }) => id === type);
  if (wanted.length === 0) throw unknownCircuit();
  const ids = new Set(wanted.map(({ id }) => id));
  const prover = isAnySize(type) ? (type === 'default' ? 'snarkjs' : 'engine') : null;
  const isOf = ({ rung }: AttemptRecord) => prover === null || proverOf(rung) === prover;
  const { records, days } = jobs.history.all();
  const sums = new Map<string, { circuit: string; backendId: string; label: string; totals: Totals }>();
  const sumOf = ({
    circuitId,
    backendId,
    label,
  }: Pick<AttemptRecord, 'circuitId' | 'backendId' | 'label'>) => {
    const name = `${circuitId}\n${backendId}`;
    const sum = sums.get(name) ?? { circuit: circuitId, backendId, label, totals: new Totals() };
    sums.set(name, sum);
    return sum.totals;
  };
  // A day does not say with which prover.
  for (const day of prover === null ? days : []) {
    if (ids.has(day.circuitId)) sumOf(day).merge(day.totals);
  }
  for (const record of records) if (ids.has(record.circuitId) && isOf(record)) sumOf(record).add(record);
  return [...sums.values()].map(({ totals, ...place }) => ({ ...place, ...totals.summary() }));
}
