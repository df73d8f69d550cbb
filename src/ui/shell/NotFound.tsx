// For addresses that lead nowhere.
import type { JSX } from 'solid-js';
import { LinkButton } from '../components/Button.tsx';
import { Page } from '../components/Page.tsx';

export default function NotFound(): JSX.Element {
  return (
    <Page title="Nothing here" lead="This address leads to no page of Gnomon.">
      <div class="row">
        <LinkButton href="/" variant="primary">
          Go to the start
        </LinkButton>
      </div>
    </Page>
  );
}
