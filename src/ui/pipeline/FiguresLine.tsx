// The queue, and how tries on the circuit that is shown went: two lines of figures, each saying what it counts.
import { For, type JSX } from 'solid-js';
import type { CircuitFigures } from './create-pipeline.ts';
import { figureGroups } from './pipeline-words.ts';

export function FiguresLine(props: { figures: CircuitFigures }): JSX.Element {
  return (
    <div class="pipeline-figures" part="figures">
      <For each={figureGroups(props.figures)}>
        {({ title, items }) => (
          <div>
            <p class="quiet">{title}</p>
            <dl aria-label={title}>
              <For each={items}>
                {(item) => (
                  <div>
                    <dt>{item.term}</dt>
                    <dd class="numbers">{item.value}</dd>
                  </div>
                )}
              </For>
            </dl>
          </div>
        )}
      </For>
    </div>
  );
}
