// A reputation as a half sundial: the shadow falls at the score, its blurred edge is as wide as
// the uncertainty, the asked bounds are marks on the rim, and what a verifier will learn is lit.
import { For, type JSX, Match, Show, Switch } from 'solid-js';
import {
  arcPath,
  DIAL,
  type Disclosure,
  dialPoint,
  type Opinion,
  penumbra,
  penumbraSlices,
  wedgePath,
} from './dial-geometry.ts';
import { dialWords } from './dial-words.ts';

export interface DialProps {
  scorePpm: number;
  opinion: Opinion;
  disclosure: Disclosure;
  /** Scores to mark on the rim though nothing is shown of them, e.g. a threshold that is not met. */
  marks?: readonly number[];
}

const TICKS = Array.from({ length: 21 }, (_, index) => index / 20);
const LABELS: readonly { at: number; text: string; anchor: 'start' | 'middle' | 'end' }[] = [
  { at: 0.25, text: '0.25', anchor: 'end' },
  { at: 0.5, text: '0.5', anchor: 'middle' },
  { at: 0.75, text: '0.75', anchor: 'start' },
];
const FACE = DIAL.radius - 8;
/** Half the width of the shadow's core, as a share of the dial. */
const CORE = 0.0045;
/** Half the width of the light on an exact score: wide enough to see. */
const LIT_VALUE = 0.02;

export function Dial(props: DialProps): JSX.Element {
  const score = () => props.scorePpm / 1e6;
  const slices = () => penumbraSlices(score(), penumbra(props.opinion), 14);
  const range = () => (props.disclosure.kind === 'range' ? props.disclosure : null);
  // The rim's own ends need no mark, and an exact score has its light instead.
  const marks = () =>
    [range()?.low ?? 0, range()?.high ?? 1, ...(props.marks ?? [])].filter((end) => end > 0 && end < 1);
  return (
    <figure class="dial">
      <svg
        viewBox={`0 0 ${DIAL.width} ${DIAL.height}`}
        role="img"
        aria-label={dialWords(props.scorePpm, props.opinion, props.disclosure)}
      >
        <path class="dial-face" d={wedgePath(0, 1, FACE)} />
        <Show when={range()}>
          {(lit) => <path class="dial-lit" d={wedgePath(lit().low, lit().high, FACE)} />}
        </Show>
        <For each={slices()}>
          {(slice) => (
            <path
              class="dial-penumbra"
              d={wedgePath(slice.low, slice.high, FACE)}
              fill-opacity={0.62 * slice.darkness}
            />
          )}
        </For>
        <For each={TICKS}>
          {(tick) => {
            const long = tick === 0 || tick === 0.25 || tick === 0.5 || tick === 0.75 || tick === 1;
            const inner = dialPoint(tick, FACE - (long ? 12 : 6));
            const outer = dialPoint(tick, FACE);
            return (
              <line
                classList={{ 'dial-tick': true, 'dial-tick-long': long }}
                x1={inner.x}
                y1={inner.y}
                x2={outer.x}
                y2={outer.y}
              />
            );
          }}
        </For>
        <path
          class="dial-shadow"
          d={wedgePath(Math.max(0, score() - CORE), Math.min(1, score() + CORE), FACE)}
        />
        <path class="dial-rim" d={arcPath(0, 1, DIAL.radius)} />
        <Switch>
          <Match when={range()}>
            {(lit) => <path class="dial-rim-lit" d={arcPath(lit().low, lit().high, DIAL.radius)} />}
          </Match>
          <Match when={props.disclosure.kind === 'value'}>
            <path
              class="dial-rim-lit"
              d={arcPath(Math.max(0, score() - LIT_VALUE), Math.min(1, score() + LIT_VALUE), DIAL.radius)}
            />
          </Match>
        </Switch>
        <For each={marks()}>
          {(mark) => {
            const inner = () => dialPoint(mark, DIAL.radius - 9);
            const outer = () => dialPoint(mark, DIAL.radius + 11);
            return <line class="dial-mark" x1={inner().x} y1={inner().y} x2={outer().x} y2={outer().y} />;
          }}
        </For>
        <For each={LABELS}>
          {(label) => {
            const where = dialPoint(label.at, DIAL.radius + 13);
            return (
              <text class="dial-label" x={where.x} y={where.y + 1} text-anchor={label.anchor}>
                {label.text}
              </text>
            );
          }}
        </For>
        <line
          class="dial-base"
          x1={DIAL.centre.x - DIAL.radius - 4}
          x2={DIAL.centre.x + DIAL.radius + 4}
          y1={DIAL.centre.y}
          y2={DIAL.centre.y}
        />
        <text class="dial-label" x={DIAL.centre.x - DIAL.radius} y={DIAL.centre.y + 19} text-anchor="middle">
          0
        </text>
        <text class="dial-label" x={DIAL.centre.x + DIAL.radius} y={DIAL.centre.y + 19} text-anchor="middle">
          1
        </text>
        <path class="dial-gnomon" d={`M${DIAL.centre.x} ${DIAL.centre.y - 17} l9 17 h-18 z`} />
      </svg>
    </figure>
  );
}
