// The start page: what this is, what leaves the device, and the first proof in one click.
import { useNavigate } from '@solidjs/router';
import type { JSX } from 'solid-js';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dial } from '../../components/Dial.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { Icon, type IconName } from '../../components/Icon.tsx';
import { DemoBadge, PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Page, Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { readBundleFile, setOpenBundle } from '../claim/open-bundle.ts';
import { startSampleClaim } from '../claim/sample-claim.ts';

/** For the picture only: ten observations for, one and a half against. */
const PICTURE = {
  scorePpm: 814_815,
  opinion: { belief: 10 / 13.5, disbelief: 1.5 / 13.5, uncertainty: 2 / 13.5 },
  disclosure: { kind: 'range', low: 0.7, high: 1 },
} as const;

const STEPS: readonly { icon: IconName; title: string; text: string }[] = [
  {
    icon: 'people',
    title: 'A campaign collects what people say',
    text: 'It binds everyone’s attestations into one snapshot and hands each person their own bundle.',
  },
  {
    icon: 'device',
    title: 'Your device makes the proof',
    text: 'All evidence about you counts, the good and the bad. You choose what to show: a minimum, a range, no more.',
  },
  {
    icon: 'verify',
    title: 'Anyone can check it',
    text: 'They learn that one thing is true. Not who you are, not who spoke about you.',
  },
];

export default function StartPage(): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  const sample = createAction(async () => navigate(`/proofs/${await startSampleClaim(services)}`));
  const bundle = createAction(async (files: File[]) => {
    const file = files[0];
    if (file === undefined) return;
    setOpenBundle({ bundle: await readBundleFile(file), from: file.name, sample: false });
    navigate('/claim');
  });

  return (
    <Page
      wide
      tabTitle="Gnomon"
      title="Show that it is true, not where it comes from"
      lead="Gnomon proves facts about your reputation, in this tab. Whoever checks the proof learns the one thing you chose to show."
    >
      <div class="start-hero">
        <div class="stack">
          <div class="row">
            <Button variant="primary" icon="proof" busy={sample.busy()} onClick={() => sample.run()}>
              {sample.busy() ? 'Preparing the sample' : 'Make a proof with the sample'}
            </Button>
            <DemoBadge />
          </div>
          <PrivacyNote />
          {sample.error() && <Notice error={sample.error()} title="The sample could not be started." />}
          <FileDrop
            label="Have a claim bundle?"
            hint="Drop it here. It is read on this device and goes nowhere."
            accept=".json,application/json"
            buttonText="Open a bundle"
            disabled={bundle.busy()}
            onFiles={(files) => bundle.run(files)}
          />
          {bundle.error() && <Notice error={bundle.error()} title="This bundle could not be opened." />}
        </div>
        <figure class="start-picture">
          <Dial {...PICTURE} />
          <figcaption class="quiet small">
            The shadow falls at the score, the sun only on what is shown: here, “at least 0.7”.
          </figcaption>
        </figure>
      </div>
      <Section title="How it works">
        <ol class="start-steps">
          {STEPS.map((step) => (
            <li>
              <Icon name={step.icon} sizePx={24} />
              <h3>{step.title}</h3>
              <p class="quiet">{step.text}</p>
            </li>
          ))}
        </ol>
      </Section>
      <Section title="What leaves this device">
        <p class="start-nothing">Nothing.</p>
        <p>
          Your bundle, your identity and your proofs stay in this browser. A proof leaves when you hand it to
          someone yourself. After the first visit all of this works without a network.
        </p>
      </Section>
      <Section title="On the other side">
        <div class="row">
          <LinkButton href="/verify" icon="verify">
            Check someone’s proof
          </LinkButton>
          <LinkButton href="/campaign" icon="campaign">
            Run a campaign
          </LinkButton>
          <LinkButton href="/embed" icon="proof">
            Put it in your own page
          </LinkButton>
        </div>
      </Section>
    </Page>
  );
}
