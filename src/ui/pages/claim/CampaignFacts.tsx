// The campaign file that a claim is made under, with the digest that others should hold too.
import { For, type JSX } from 'solid-js';
import { askInWords } from '../../../reputation/ask.ts';
import { type Campaign, campaignDigest } from '../../../reputation/campaign.ts';
import { countText, dayText, scoreText } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { DemoBadge, Facts } from '../../components/Marks.tsx';
import { Section } from '../../components/Page.tsx';

export function CampaignFacts(props: { campaign: Campaign }): JSX.Element {
  const people = () => props.campaign.circuits.reduce((sum, circuit) => sum + circuit.subjects, 0);
  return (
    <Section title="Campaign" aside={props.campaign.demo ? <DemoBadge /> : undefined}>
      <p>
        Others must hold this same file for you to be one among them. Compare its digest with theirs:{' '}
        <Hash value={campaignDigest(props.campaign)} what="campaign digest" head={12} tail={8} />
      </p>
      <Facts
        items={[
          { term: 'Name', value: props.campaign.name },
          { term: 'Issuer', value: props.campaign.issuer },
          { term: 'Evidence as of', value: dayText(props.campaign.asOf) },
          { term: 'People', value: countText(people()) },
          {
            term: 'Asks for',
            value: (
              <For each={props.campaign.asks}>
                {(ask, at) => `${at() > 0 ? ', or ' : ''}${askInWords(ask)}`}
              </For>
            ),
          },
          {
            term: 'Weights',
            value:
              props.campaign.weights.kind === 'uniform'
                ? 'All issuers alike'
                : 'By how far issuers are trusted themselves',
          },
          { term: 'Score without evidence', value: scoreText(props.campaign.baseRatePpm) },
          { term: 'Snapshot root', value: <Hash value={props.campaign.root} what="snapshot root" /> },
          { term: 'Scope', value: <Hash value={props.campaign.scope} what="scope" /> },
        ]}
      />
    </Section>
  );
}
