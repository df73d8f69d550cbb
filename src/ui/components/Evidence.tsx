// Evidence for and against as two bars from the middle, and who it comes from, by weight.
import { For, type JSX, Show } from 'solid-js';
import { countText } from './format.ts';

export interface EvidenceBarsProps {
  /** Weighted observations. */
  positive: number;
  negative: number;
}

const amount = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

export function EvidenceBars(props: EvidenceBarsProps): JSX.Element {
  // Both on one scale, so that the longer bar is the stronger side; never stretched by tiny amounts.
  const scale = () => Math.max(props.positive, props.negative, 2);
  const width = (value: number) => `${(value / scale()) * 100}%`;
  return (
    <div
      class="evidence"
      role="img"
      aria-label={`Evidence for: ${amount(props.positive)} observations. Evidence against: ${amount(props.negative)}.`}
    >
      <div class="evidence-side evidence-against">
        <span class="evidence-words">
          Against <b>{amount(props.negative)}</b>
        </span>
        <div class="evidence-track">
          <div style={{ width: width(props.negative) }} />
        </div>
      </div>
      <div class="evidence-side evidence-for">
        <span class="evidence-words">
          For <b>{amount(props.positive)}</b>
        </span>
        <div class="evidence-track">
          <div style={{ width: width(props.positive) }} />
        </div>
      </div>
    </div>
  );
}

export interface IssuerPart {
  source: string;
  /** Weighted evidence, in any one unit. */
  positive: bigint;
  negative: bigint;
  /** Its part of all evidence, 0…1. */
  share: number;
}

export interface IssuersProps {
  /** Heaviest first. */
  issuers: readonly IssuerPart[];
  /** How many to list before the rest is counted; 10 by default. */
  limit?: number;
}

/** What each issuer's word weighs, as a thin bar in the colour of its side. */
export function Issuers(props: IssuersProps): JSX.Element {
  const shown = () => props.issuers.slice(0, props.limit ?? 10);
  const rest = () => props.issuers.length - shown().length;
  const most = () => Math.max(...shown().map((one) => one.share), 1e-9);
  const isFor = (one: IssuerPart) => one.positive >= one.negative;
  const percent = (share: number) => (share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`);
  return (
    <div class="issuers">
      <ul>
        <For each={shown()}>
          {(one) => (
            <li class="issuer">
              <span class="issuer-name" title={one.source}>
                {one.source}
              </span>
              <span class="issuer-track" aria-hidden="true">
                <span
                  class={isFor(one) ? 'issuer-for' : 'issuer-against'}
                  style={{ width: `${(one.share / most()) * 100}%` }}
                />
              </span>
              <span class="issuer-words">
                {isFor(one) ? 'for' : 'against'}, {percent(one.share)}
              </span>
            </li>
          )}
        </For>
      </ul>
      <Show when={rest() > 0}>
        <p class="quiet small">and {countText(rest())} more</p>
      </Show>
    </div>
  );
}
