// How the pipeline component comes into somebody else's page: the component itself, at work, and the lines that do it.
import { createMemo, createSignal, type JSX } from 'solid-js';
import { CopyButton } from '../../components/Hash.tsx';
import { Page, Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { ProofPipeline } from '../../pipeline/ProofPipeline.tsx';
import { useServices } from '../../services.ts';
import { SAMPLE_ATTESTATIONS } from './sample-attestations.ts';
import './embed.css';

const KINDS = [
  { value: 'threshold', title: 'At least 0.6', text: 'Shows only that the score is this or more.' },
  { value: 'band', title: 'From 0.5 to 0.9', text: 'Shows only that it is within these ends.' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

const BOUNDS: Record<Kind, { threshold?: number; lower?: number; upper?: number }> = {
  threshold: { threshold: 0.6 },
  band: { lower: 0.5, upper: 0.9 },
};

function snippet(kind: Kind): string {
  const bounds = Object.entries(BOUNDS[kind]).map(([name, value]) => ` ${name}="${value}"`);
  return [
    '<script type="module" src="/pipeline.js"></script>',
    `<proof-pipeline proof-type="${kind}"${bounds.join('')}></proof-pipeline>`,
    '<script type="module">',
    "  const element = document.querySelector('proof-pipeline');",
    '  element.attestations = attestations;',
    "  element.addEventListener('proof', ({ detail }) => take(detail));",
    '</script>',
  ].join('\n');
}

export default function EmbedPage(): JSX.Element {
  const { pipeline } = useServices();
  const [kind, setKind] = createSignal<Kind>('threshold');
  const request = createMemo(() => ({
    attestations: SAMPLE_ATTESTATIONS,
    proofType: kind(),
    label: 'Try-out from three attestations',
    ...BOUNDS[kind()],
  }));
  return (
    <Page
      title="In your own page"
      lead="The whole way to a proof as one component, for any page, with or without a framework. Try it here: three made-up attestations, and an identity that is forgotten."
    >
      <Section title="Try it">
        <RadioCards legend="What to show" value={kind()} onChange={setKind} options={KINDS} />
        <ProofPipeline client={pipeline} request={request()} label="Reputation" />
      </Section>
      <Section
        title="The lines that do it"
        aside={<CopyButton value={snippet(kind())} what="lines" text="Copy" />}
      >
        <pre class="embed-lines" tabindex="0">
          <code>{snippet(kind())}</code>
        </pre>
        <p>
          <code>npm run build:lib</code> makes <code>dist/lib/pipeline.js</code>. Attributes, events, colours
          and the client without a face are in the README, under “Embed it”.
        </p>
      </Section>
    </Page>
  );
}
