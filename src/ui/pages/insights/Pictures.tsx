// The pictures of the Insights page, each with its sentence and its table.
import { type JSX, Show } from 'solid-js';
import { STAGES } from '../../../core/job.ts';
import type { Insights } from '../../../core/metrics/insights.ts';
import { BarList } from '../../components/BarList.tsx';
import type { Column } from '../../components/DataTable.tsx';
import { Figure } from '../../components/Figure.tsx';
import { bytesText, countText } from '../../components/format.ts';
import { TimeChart } from '../../components/TimeChart.tsx';
import {
  causeText,
  failuresSay,
  memorySays,
  msText,
  percentilesSay,
  placesSay,
  predictionSays,
  STAGE_SHORT,
  shareText,
  spanName,
  spanText,
  stageParts,
  stagesMs,
  throughputSays,
} from './insight-words.ts';

type Span = Insights['spans'][number];
type Summary = Insights['whole'];
interface PictureProps {
  of: Insights;
}

function spanColumn({ spanMs }: Insights): Column<Span> {
  return {
    id: 'from',
    header: 'From',
    cell: ({ fromMs }) => spanText(fromMs, spanMs),
    sortBy: ({ fromMs }) => fromMs,
  };
}

function column(id: string, header: string, cell: (row: Span) => string): Column<Span> {
  return { id, header, cell, align: 'end' };
}

/** The table leaves out what was empty; the picture shows it as a gap. */
const notEmpty = ({ spans }: Insights): Span[] => spans.filter(({ summary }) => summary.attempts > 0);
const times = ({ spans }: Insights): number[] => spans.map(({ fromMs }) => fromMs);
const timeWords =
  ({ spanMs }: Insights) =>
  (fromMs: number) =>
    spanText(fromMs, spanMs);
const whole = (value: number) => (Number.isInteger(value) ? countText(value) : '');

export function Throughput(props: PictureProps): JSX.Element {
  const values = (of: (summary: Summary) => number) => props.of.spans.map(({ summary }) => of(summary));
  return (
    <Figure
      title="Proofs made"
      says={throughputSays(props.of)}
      rows={notEmpty(props.of)}
      columns={[
        spanColumn(props.of),
        column('made', 'Made', ({ summary }) => countText(summary.outcomes.succeeded)),
        column('failed', 'Failed', ({ summary }) => countText(summary.outcomes.failed)),
        column('cancelled', 'Cancelled', ({ summary }) => countText(summary.outcomes.cancelled)),
      ]}
    >
      <TimeChart
        label={`Proofs made in each ${spanName(props.of.spanMs)}. ${throughputSays(props.of)}`}
        timesMs={times(props.of)}
        spanMs={props.of.spanMs}
        timeWords={timeWords(props.of)}
        words={whole}
        bars
        leastMax={4}
        series={[
          { name: 'Made', colour: '--sun', values: values(({ outcomes }) => outcomes.succeeded) },
          { name: 'Failed', colour: '--against', values: values(({ outcomes }) => outcomes.failed) },
        ]}
      />
    </Figure>
  );
}

export function Percentiles(props: PictureProps): JSX.Element {
  const values = (name: 'p50Ms' | 'p95Ms' | 'p99Ms') =>
    props.of.spans.map(({ summary }) => summary.whole?.[name] ?? null);
  return (
    <Figure
      title="How long proofs take"
      says={percentilesSay(props.of)}
      rows={notEmpty(props.of)}
      columns={[
        spanColumn(props.of),
        column('p50', 'Half up to', ({ summary }) => msText(summary.whole?.p50Ms)),
        column('p95', '95 of 100', ({ summary }) => msText(summary.whole?.p95Ms)),
        column('p99', '99 of 100', ({ summary }) => msText(summary.whole?.p99Ms)),
      ]}
    >
      <TimeChart
        label={`Percentiles of the duration over time. ${percentilesSay(props.of)}`}
        timesMs={times(props.of)}
        spanMs={props.of.spanMs}
        timeWords={timeWords(props.of)}
        words={msText}
        series={[
          { name: '99 of 100', colour: '--against', values: values('p99Ms') },
          { name: '95 of 100', colour: '--sun', values: values('p95Ms') },
          { name: 'Half', colour: '--for', values: values('p50Ms') },
        ]}
      />
    </Figure>
  );
}

export function Stages(props: PictureProps): JSX.Element {
  const circuits = () => props.of.circuits.filter(({ summary }) => summary.whole !== null);
  const longestMs = () => Math.max(...circuits().map(({ summary }) => stagesMs(summary)), 0);
  const says = () =>
    `On average: ${STAGES.map((stage) => `${STAGE_SHORT[stage].toLowerCase()} ${msText(props.of.whole.stages[stage]?.averageMs)}`).join(', ')}.`;
  return (
    <Figure
      title="Where the time goes"
      says={says()}
      rows={circuits()}
      columns={[
        { id: 'circuit', header: 'Circuit', cell: ({ circuitId }) => circuitId },
        ...STAGES.map((stage) => ({
          id: stage,
          header: STAGE_SHORT[stage],
          align: 'end' as const,
          cell: ({ summary }: { summary: Summary }) => msText(summary.stages[stage]?.averageMs),
        })),
      ]}
    >
      <BarList
        label="Average duration of each stage by circuit"
        bars={circuits().map(({ circuitId, summary }) => ({
          name: circuitId,
          words: msText(stagesMs(summary)),
          parts: stageParts(summary, longestMs()),
        }))}
      />
      <ul class="bar-key quiet small" aria-hidden="true">
        {STAGES.map((stage) => (
          <li class={`bar-key-${stage}`}>{STAGE_SHORT[stage]}</li>
        ))}
      </ul>
    </Figure>
  );
}

export function Places(props: PictureProps): JSX.Element {
  const places = () => props.of.places.filter(({ summary }) => summary.whole !== null);
  const longestMs = () => Math.max(...places().map(({ summary }) => summary.whole?.p95Ms ?? 0), 1);
  return (
    <Figure
      title="Here and elsewhere"
      says={placesSay(props.of)}
      rows={places()}
      columns={[
        { id: 'place', header: 'Place', cell: ({ label }) => label },
        {
          id: 'made',
          header: 'Made',
          align: 'end',
          cell: ({ summary }) => countText(summary.outcomes.succeeded),
        },
        {
          id: 'rate',
          header: 'Success',
          align: 'end',
          cell: ({ summary }) => shareText(summary.successRate),
        },
        {
          id: 'p50',
          header: 'Half up to',
          align: 'end',
          cell: ({ summary }) => msText(summary.whole?.p50Ms),
        },
        { id: 'p95', header: '95 of 100', align: 'end', cell: ({ summary }) => msText(summary.whole?.p95Ms) },
      ]}
    >
      <BarList
        label="Duration of half of the proofs, and of 95 of 100, by place"
        bars={places().map(({ label, summary }) => {
          const { p50Ms = 0, p95Ms = 0 } = summary.whole ?? {};
          return {
            name: label,
            words: `half up to ${msText(p50Ms)}, 95 of 100 up to ${msText(p95Ms)}`,
            parts: [
              { share: p50Ms / longestMs(), colour: '--sun' },
              { share: (p95Ms - p50Ms) / longestMs(), colour: '--uncertain' },
            ],
          };
        })}
      />
    </Figure>
  );
}

export function Failures(props: PictureProps): JSX.Element {
  const failures = () => props.of.whole.failures;
  const most = () => failures()[0]?.count ?? 1;
  return (
    <Figure
      title="Why attempts failed"
      says={failuresSay(props.of)}
      rows={failures()}
      columns={[
        { id: 'cause', header: 'Cause', cell: ({ code }) => causeText(code) },
        { id: 'code', header: 'Code', cell: ({ code }) => <code>{code}</code> },
        { id: 'count', header: 'Attempts', align: 'end', cell: ({ count }) => countText(count) },
      ]}
    >
      <BarList
        label="Failed attempts by cause"
        bars={failures().map(({ code, count }) => ({
          name: causeText(code),
          words: countText(count),
          parts: [{ share: count / most(), colour: '--against' }],
        }))}
      />
    </Figure>
  );
}

export function CacheHits(props: PictureProps): JSX.Element {
  const cache = () => props.of.whole.cache;
  const share = ({ hits, known }: { hits: number; known: number }) => (known === 0 ? null : hits / known);
  const says = () =>
    cache().known === 0
      ? 'Nothing is known of it in this time.'
      : `${shareText(share(cache()))} of the attempts found the circuit on this device and fetched nothing.`;
  return (
    <Figure
      title="Circuits at hand"
      says={says()}
      rows={notEmpty(props.of)}
      columns={[
        spanColumn(props.of),
        column('hits', 'At hand', ({ summary }) => countText(summary.cache.hits)),
        column('misses', 'Fetched', ({ summary }) => countText(summary.cache.known - summary.cache.hits)),
      ]}
    >
      <TimeChart
        label={`Share of attempts that found the circuit on this device, over time. ${says()}`}
        timesMs={times(props.of)}
        spanMs={props.of.spanMs}
        timeWords={timeWords(props.of)}
        words={shareText}
        leastMax={1}
        series={[
          {
            name: 'At hand',
            colour: '--for',
            values: props.of.spans.map(({ summary }) => share(summary.cache)),
          },
        ]}
      />
    </Figure>
  );
}

export function Memory(props: PictureProps): JSX.Element {
  const memory = () => props.of.whole.memory;
  return (
    <Show when={memory()}>
      {(known) => (
        <Figure
          title="Memory"
          says={memorySays(known())}
          rows={notEmpty(props.of).filter(({ summary }) => summary.memory !== null)}
          columns={[
            spanColumn(props.of),
            column('half', 'Half up to', ({ summary }) =>
              bytesText(Math.round(summary.memory?.medianBytes ?? 0)),
            ),
            column('most', 'Most', ({ summary }) => bytesText(summary.memory?.maxBytes ?? 0)),
          ]}
        >
          <TimeChart
            label={`What the page held after a proof, over time, up to ${bytesText(known().maxBytes)}.`}
            timesMs={times(props.of)}
            spanMs={props.of.spanMs}
            timeWords={timeWords(props.of)}
            words={(bytes) => bytesText(Math.round(bytes))}
            series={[
              {
                name: 'Most',
                colour: '--against',
                values: props.of.spans.map(({ summary }) => summary.memory?.maxBytes ?? null),
              },
              {
                name: 'Half',
                colour: '--for',
                values: props.of.spans.map(({ summary }) => summary.memory?.medianBytes ?? null),
              },
            ]}
          />
        </Figure>
      )}
    </Show>
  );
}

export function Headlines(props: PictureProps): JSX.Element {
  const figures = (): [term: string, value: string][] => {
    const { outcomes, successRate, whole, prediction } = props.of.whole;
    return [
      ['Proofs made', countText(outcomes.succeeded)],
      ['Attempts that succeeded', shareText(successRate)],
      ['Half took up to', msText(whole?.p50Ms)],
      ['95 of 100 took up to', msText(whole?.p95Ms)],
      [
        'Predictions within their interval',
        shareText(prediction === null ? null : prediction.within / prediction.checked),
      ],
    ];
  };
  return (
    <div class="stack-s">
      <dl class="insight-head">
        {figures().map(([term, value]) => (
          <div>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet small">{predictionSays(props.of)}</p>
    </div>
  );
}
