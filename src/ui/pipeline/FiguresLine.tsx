// The queue and how past proofs went, in one line of figures.
import { For, type JSX } from 'solid-js';
import type { Figures } from '../../client/types.ts';
import { figureItems } from './pipeline-words.ts';

export function FiguresLine(props: { figures: Figures }): JSX.Element {
  return (
    <dl class="pipeline-figures" part="figures" aria-label="Proofs in this browser">
      <For each={figureItems(props.figures)}>
        {(item) => (
          <div>
            <dt>{item.term}</dt>
            <dd class="numbers">{item.value}</dd>
          </div>
        )}
      </For>
    </dl>
  );
}
