// Values over time as thin lines or bars, each named where it ends rather than in a legend. The canvas is a picture to
// screen readers; the same figures stand in a table beside it (Figure.tsx).
import { createEffect, createSignal, type JSX, onCleanup, onMount } from 'solid-js';
import uPlot from 'uplot';
import { axisTimes } from './time-axis.ts';
import 'uplot/dist/uPlot.min.css';

export interface ChartSeries {
  name: string;
  /** A custom property of tokens.css, e.g. `--sun`. */
  colour: string;
  /** One for each time; null where there is none. */
  values: readonly (number | null)[];
}

export interface TimeChartProps {
  /** What it shows, for those who do not see it. */
  label: string;
  /** When each span began, in order; all last `spanMs`. */
  timesMs: readonly number[];
  spanMs: number;
  series: readonly ChartSeries[];
  /** A value as words, for the axis and under the pointer. */
  words: (value: number) => string;
  /** The time of one value as words. */
  timeWords: (timeMs: number) => string;
  /** One on top of the other. */
  bars?: boolean;
  /** The scale's least upper end. */
  leastMax?: number;
}

const HEIGHT_PX = 200;
/** A first proof is drawn at the end of some hours, and not of years. */
const LEAST_SPANS = 8;
const LABEL_PX = 92;
/** Names closer than this would lie over each other. */
const LABEL_GAP_PX = 15;

export function TimeChart(props: TimeChartProps): JSX.Element {
  let host: HTMLDivElement | undefined;
  let plot: uPlot | undefined;
  const [pointed, setPointed] = createSignal<number | null>(null);

  /** Where each value is drawn: bars stand on those that are drawn over them. */
  const drawn = (): (number | null)[][] =>
    props.series.map(({ values }, nth) => {
      if (props.bars !== true) return [...values];
      const over = props.series.slice(nth + 1);
      return values.map((value, at) =>
        over.reduce<number | null>((sum, other) => (sum ?? 0) + (other.values[at] ?? 0), value),
      );
    });
  const data = (): uPlot.AlignedData => [props.timesMs.map((timeMs) => timeMs / 1000), ...drawn()];
  /** Of all, or of what was drawn over with the pointer. A span ends where the next begins. */
  const timeRange = (least: number, most: number): [number, number] => {
    const spanS = props.spanMs / 1000;
    const endS = (props.timesMs.at(-1) ?? 0) / 1000;
    // uPlot makes up years around a single time.
    if (props.timesMs.length < LEAST_SPANS) return [endS - (LEAST_SPANS - 1) * spanS, endS + spanS];
    return [least, most >= endS ? most + spanS : most];
  };
  const colour = (name: string) =>
    getComputedStyle(host as HTMLElement)
      .getPropertyValue(name)
      .trim();

  function make(): void {
    if (host === undefined) return;
    plot?.destroy();
    const [ink, hairline] = [colour('--ink-quiet'), colour('--hairline')];
    const font = `12px ${getComputedStyle(host).fontFamily}`;
    const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: hairline, width: 1 } };
    const bars = props.bars === true ? uPlot.paths.bars?.({ size: [0.7, 40], align: 1 }) : undefined;
    plot = new uPlot(
      {
        width: host.clientWidth,
        height: HEIGHT_PX,
        padding: [12, LABEL_PX, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false }, points: { size: 6 } },
        scales: {
          x: { range: (_plot, min, max) => timeRange(min, max) },
          y: { range: (_plot, _min, max) => [0, Math.max(max * 1.05, props.leastMax ?? 0) || 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 70,
            values: (_plot, splits, _axis, _space, stepS) => axisTimes(splits, stepS),
          },
          { ...axis, size: 64, space: 40, values: (_plot, splits) => splits.map(props.words) },
        ],
        series: [
          {},
          ...props.series.map(
            ({ name, colour: property }): uPlot.Series => ({
              label: name,
              stroke: colour(property),
              width: 1.5,
              spanGaps: true,
              points: { show: bars === undefined && props.timesMs.length < 40, size: 4 },
              ...(bars && { paths: bars, fill: colour(property), width: 0, points: { show: false } }),
            }),
          ),
        ],
        hooks: {
          draw: [drawNames],
          setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)],
        },
      },
      data(),
      host,
    );
  }

  /** At the last value of each, moved apart where they would touch. */
  function drawNames(self: uPlot): void {
    const { ctx, bbox } = self;
    const ratio = devicePixelRatio;
    const all = drawn();
    const names = props.series
      .flatMap(({ name, colour: property }, nth) => {
        const last = all[nth]?.findLast((value) => value !== null);
        return last == null ? [] : [{ name, property, y: self.valToPos(last, 'y', true) }];
      })
      .sort((a, b) => a.y - b.y);
    ctx.save();
    // Its own root has uPlot's font.
    ctx.font = `${12 * ratio}px ${getComputedStyle(host as HTMLElement).fontFamily}`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    let above = Number.NEGATIVE_INFINITY;
    for (const { name, property, y } of names) {
      const at = Math.max(y, above + LABEL_GAP_PX * ratio);
      above = at;
      ctx.fillStyle = colour(property);
      ctx.fillText(name, bbox.left + bbox.width + 8 * ratio, at, (LABEL_PX - 10) * ratio);
    }
    ctx.restore();
  }

  onMount(() => {
    make();
    const sized = new ResizeObserver(() => {
      if (host !== undefined && plot !== undefined && host.clientWidth !== plot.width) {
        plot.setSize({ width: host.clientWidth, height: HEIGHT_PX });
      }
    });
    if (host !== undefined) sized.observe(host);
    // A canvas does not follow the page's colours by itself.
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', make);
    onCleanup(() => {
      sized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', make);
      plot?.destroy();
    });
  });
  createEffect(() => {
    // Read first, so that a change is heard of.
    const shape = props.series.map(({ name }) => name).join('\n');
    const values = data();
    if (plot === undefined) return;
    if (
      plot.series
        .slice(1)
        .map(({ label }) => label)
        .join('\n') === shape
    )
      plot.setData(values);
    else make();
  });

  const reading = () => {
    const at = pointed();
    const timeMs = at === null ? undefined : props.timesMs[at];
    if (at === null || timeMs === undefined) return ' ';
    const values = props.series.map(({ name, values: of }) => {
      const value = of[at];
      return `${name} ${value == null ? '–' : props.words(value)}`;
    });
    return `${props.timeWords(timeMs)}: ${values.join(', ')}`;
  };

  return (
    <div class="chart">
      <div ref={(element) => (host = element)} class="chart-canvas" role="img" aria-label={props.label} />
      <p class="chart-reading quiet small" aria-hidden="true">
        {reading()}
      </p>
    </div>
  );
}
