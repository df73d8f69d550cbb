// The opinion triangle for experts: belief, disbelief and uncertainty at the corners, the base rate
// as director, and the score where the parallel through the opinion meets the base (Jøsang 2016).
import type { JSX } from 'solid-js';
import { basePoint, type Opinion, TRIANGLE, trianglePoint } from './dial-geometry.ts';
import { scoreShort } from './format.ts';

export interface OpinionTriangleProps {
  opinion: Opinion;
  baseRatePpm: number;
  scorePpm: number;
}

export function OpinionTriangle(props: OpinionTriangleProps): JSX.Element {
  const point = () => trianglePoint(props.opinion);
  const rate = () => basePoint(props.baseRatePpm / 1e6);
  const score = () => basePoint(props.scorePpm / 1e6);
  const words = () =>
    `Belief ${props.opinion.belief.toFixed(3)}, disbelief ${props.opinion.disbelief.toFixed(3)}, uncertainty ${props.opinion.uncertainty.toFixed(3)}, base rate ${scoreShort(props.baseRatePpm)}, score ${scoreShort(props.scorePpm)}.`;
  const { disbelief, belief, uncertainty } = TRIANGLE;
  return (
    <figure class="dial">
      <svg viewBox="0 0 400 222" role="img" aria-label={words()}>
        <path
          class="triangle-face"
          d={`M${disbelief.x} ${disbelief.y} L${belief.x} ${belief.y} L${uncertainty.x} ${uncertainty.y} Z`}
        />
        <line class="triangle-director" x1={uncertainty.x} y1={uncertainty.y} x2={rate().x} y2={rate().y} />
        <line class="triangle-projector" x1={point().x} y1={point().y} x2={score().x} y2={score().y} />
        <circle class="triangle-rate" cx={rate().x} cy={rate().y} r="4" />
        <circle class="triangle-score" cx={score().x} cy={score().y} r="5" />
        <circle class="triangle-point" cx={point().x} cy={point().y} r="6.5" />
        <text class="dial-label" x={disbelief.x} y={disbelief.y + 19} text-anchor="middle">
          disbelief {props.opinion.disbelief.toFixed(3)}
        </text>
        <text class="dial-label" x={belief.x} y={belief.y + 19} text-anchor="middle">
          belief {props.opinion.belief.toFixed(3)}
        </text>
        <text class="dial-label" x={uncertainty.x} y={uncertainty.y - 9} text-anchor="middle">
          uncertainty {props.opinion.uncertainty.toFixed(3)}
        </text>
      </svg>
    </figure>
  );
}
