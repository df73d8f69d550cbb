// The reputation that a bundle holds: dial, evidence on both sides, who it comes from; for experts the
// opinion triangle and the exact numbers.
import { createMemo, createSignal, type JSX, Show } from 'solid-js';
import type { ClaimBundle } from '../../../reputation/bundle.ts';
import { bundleScore } from '../../../reputation/claim.ts';
import { MILLI, WEIGHT_ONE } from '../../../reputation/constants.ts';
import { issuersByWeight } from '../../../reputation/score.ts';
import { Button } from '../../components/Button.tsx';
import { Dial } from '../../components/Dial.tsx';
import type { Disclosure } from '../../components/dial-geometry.ts';
import { EvidenceBars, Issuers } from '../../components/Evidence.tsx';
import { plural, scoreShort, scoreText } from '../../components/format.ts';
import { Facts } from '../../components/Marks.tsx';
import { OpinionTriangle } from '../../components/OpinionTriangle.tsx';

/** Weight × milli-observations → observations. */
const observations = (amount: bigint) => Number(amount) / (MILLI * WEIGHT_ONE);

export interface ClaimDialProps {
  bundle: ClaimBundle;
  disclosure: Disclosure;
  marks: readonly number[];
}

export function ClaimDial(props: ClaimDialProps): JSX.Element {
  const [expert, setExpert] = createSignal(false);
  const score = createMemo(() => bundleScore(props.bundle));
  const issuers = createMemo(() => {
    const { records, sources, campaign } = props.bundle;
    return sources === undefined ? null : issuersByWeight(records, sources, campaign.asOf);
  });
  const expired = () => props.bundle.records.length - score().alive;
  return (
    <section class="panel stack" aria-label="Your reputation">
      <Show
        when={expert()}
        fallback={
          <Dial
            scorePpm={score().scorePpm}
            opinion={score().opinion}
            disclosure={props.disclosure}
            marks={props.marks}
          />
        }
      >
        <OpinionTriangle
          opinion={score().opinion}
          baseRatePpm={props.bundle.campaign.baseRatePpm}
          scorePpm={score().scorePpm}
        />
      </Show>
      <div class="claim-score">
        <p>
          <span class="claim-score-number">{scoreShort(score().scorePpm)}</span>{' '}
          <span class="quiet">your score</span>
        </p>
        <Button variant="quiet" aria-pressed={expert()} onClick={() => setExpert(!expert())}>
          {expert() ? 'Show the dial' : 'Opinion triangle'}
        </Button>
      </div>
      <EvidenceBars positive={observations(score().positive)} negative={observations(score().negative)} />
      <Show when={expert()}>
        <Facts
          items={[
            { term: 'Score, exact', value: scoreText(score().scorePpm) },
            { term: 'Base rate', value: scoreText(props.bundle.campaign.baseRatePpm) },
            { term: 'Evidence for', value: `${observations(score().positive).toFixed(3)} observations` },
            { term: 'Evidence against', value: `${observations(score().negative).toFixed(3)} observations` },
            { term: 'Prior weight', value: '2 observations' },
          ]}
        />
      </Show>
      <Show when={issuers()}>
        {(list) => (
          <details>
            <summary>
              From {plural(list().length, 'issuer', 'issuers')}
              {expired() > 0 ? `, ${plural(expired(), 'attestation', 'attestations')} expired` : ''}
            </summary>
            <Issuers issuers={list()} />
          </details>
        )}
      </Show>
      <Show when={issuers() === null}>
        <p class="quiet small">
          {plural(props.bundle.records.length, 'attestation', 'attestations')}
          {expired() > 0 ? `, ${expired()} of them expired` : ''}. The bundle does not say who they come from.
        </p>
      </Show>
    </section>
  );
}
