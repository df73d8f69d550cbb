// Evidence for and against as two bars from the middle, and who it comes from, by weight.
import { For, type JSX, Show } from 'solid-js';
import { plural } from './format.ts';

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

export interface IssuerWeight {
  name: string;
  /** 0…1. */
  weight: number;
  /** Unweighted observations. */
  positive: number;
  negative: number;
  alive: boolean;
}

export interface IssuersProps {
  issuers: readonly IssuerWeight[];
  /** How many to list before the rest is counted; 8 by default. */
  limit?: number;
}

/** Heaviest first; what each said as a thin bar in the colour of its side. */
export function Issuers(props: IssuersProps): JSX.Element {
  const heavy = () =>
    [...props.issuers].sort(
      (a, b) =>
        Number(b.alive) - Number(a.alive) ||
        b.weight * (b.positive + b.negative) - a.weight * (a.positive + a.negative),
    );
  const shown = () => heavy().slice(0, props.limit ?? 8);
  const rest = () => props.issuers.length - shown().length;
  const most = () => Math.max(...shown().map((one) => one.weight * (one.positive + one.negative)), 1e-9);
  return (
    <div class="issuers">
      <ul>
        <For each={shown()}>
          {(one) => {
            const strength = () => (one.weight * (one.positive + one.negative)) / most();
            return (
              <li class="issuer" classList={{ 'issuer-expired': !one.alive }}>
                <span class="issuer-name">{one.name}</span>
                <span class="issuer-track" aria-hidden="true">
                  <span
                    class={one.positive >= one.negative ? 'issuer-for' : 'issuer-against'}
                    style={{ width: `${strength() * 100}%` }}
                  />
                </span>
                <span class="issuer-words">
                  {one.alive ? (one.positive >= one.negative ? 'for' : 'against') : 'expired'}
                  <span class="visually-hidden">,</span> weight {one.weight.toFixed(2)}
                </span>
              </li>
            );
          }}
        </For>
      </ul>
      <Show when={rest() > 0}>
        <p class="quiet small">and {plural(rest(), 'more', 'more')}</p>
      </Show>
    </div>
  );
}
