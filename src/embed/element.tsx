// <proof-pipeline>: the pipeline component in a shadow root, set up by attributes and properties, heard by events.

import css from 'virtual:gnomon-styles';
import { createSignal, type JSX, Show } from 'solid-js';
import { render } from 'solid-js/web';
import type { Gnomon, GnomonOptions, ProofError, ProofJob, ProofRequest } from '../client/types.ts';
import { toErrorData } from '../core/errors.ts';
import { Priority } from '../core/job.ts';
import type { Pipeline } from '../ui/pipeline/create-pipeline.ts';
import { ProofPipeline } from '../ui/pipeline/ProofPipeline.tsx';
import { attributeOf, PROPERTIES, type PropertyName, readAsked } from './attributes.ts';
import { createGnomon } from './create-gnomon.ts';

interface SetUp {
  client: Gnomon | null;
  request: ProofRequest | null;
  label: string | undefined;
  problem: ProofError | null;
}

const TAG = 'proof-pipeline';
const NAMES = Object.keys(PROPERTIES) as PropertyName[];
/** Elements that are set up alike share one client, for the life of the page: a proof outlives its element. */
const clients = new Map<string, Gnomon>();
let sheet: CSSStyleSheet | undefined;

function sharedClient(options: GnomonOptions): Gnomon {
  const key = JSON.stringify(options);
  const client = clients.get(key) ?? createGnomon(options);
  clients.set(key, client);
  return client;
}

// Importing the library where there are no elements (a server that renders pages) must not fail.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

class Element extends Base {
  static readonly observedAttributes = NAMES.filter((name) => PROPERTIES[name].kind !== 'property').map(
    attributeOf,
  );

  /** What was set as an object. */
  readonly #objects = new Map<PropertyName, unknown>();
  readonly #setUp = createSignal<SetUp>({ client: null, request: null, label: undefined, problem: null });
  #pipeline: Pipeline | null = null;
  #shownId: string | null = null;
  #told = '';
  #pending = false;
  #unmount: (() => void) | null = null;
  #deaf: (() => void)[] = [];
  #heard: Gnomon | null = null;

  get job(): ProofJob | null {
    return this.#pipeline?.job() ?? null;
  }

  async start(): Promise<string | null> {
    this.#read();
    return (await this.#pipeline?.start()) ?? null;
  }

  async cancel(): Promise<void> {
    await this.#pipeline?.cancel();
  }

  connectedCallback(): void {
    for (const name of NAMES) this.#upgrade(name);
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    sheet ??= makeSheet();
    shadow.adoptedStyleSheets = [sheet];
    this.#read();
    this.#unmount = render(() => this.#draw(), shadow);
  }

  disconnectedCallback(): void {
    const { job } = this;
    const goesOn = this.#shownId !== null && (job === null || !hasEnded(job.state));
    this.#unmount?.();
    this.#unmount = null;
    this.#pipeline = null;
    // Of a proof that goes on the page is told, also if it puts the element back only later.
    if (!goesOn) this.#listenTo(null);
  }

  attributeChangedCallback(): void {
    this.#changed();
  }

  read(name: PropertyName): unknown {
    const { kind } = PROPERTIES[name];
    if (this.#objects.has(name)) return this.#objects.get(name) ?? null;
    if (kind === 'property') return null;
    const text = this.getAttribute(attributeOf(name));
    if (name === 'priority') return Priority[(text ?? 'normal').toUpperCase() as keyof typeof Priority] ?? 1;
    if (name === 'privacy') return text ?? 'local-only';
    if (text === null) return null;
    if (kind === 'number') return Number(text);
    return kind === 'json' ? parsed(text) : text;
  }

  write(name: PropertyName, value: unknown): void {
    const { kind } = PROPERTIES[name];
    if (kind === 'json' || kind === 'property') {
      this.#objects.set(name, value ?? undefined);
      this.#changed();
    } else if (value === null || value === undefined) this.removeAttribute(attributeOf(name));
    else this.setAttribute(attributeOf(name), name === 'priority' ? priorityName(value) : String(value));
  }

  #draw(): JSX.Element {
    const [setUp] = this.#setUp;
    return (
      <Show
        when={setUp().client}
        keyed
        fallback={<Unusable problem={setUp().problem} label={setUp().label} />}
      >
        {(client) => (
          <ProofPipeline
            client={client}
            request={setUp().request}
            label={setUp().label}
            problem={setUp().problem}
            jobId={this.#shownId}
            ref={(pipeline) => {
              this.#pipeline = pipeline;
            }}
            onJob={(id) => {
              this.#shownId = id;
            }}
            onProblem={(problem) => this.#tell(problem && { ...problem, id: null })}
          />
        )}
      </Show>
    );
  }

  /** A framework sets one after the other; they are read together. */
  #changed(): void {
    if (this.#pending || !this.isConnected) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      if (this.isConnected) this.#read();
    });
  }

  #read(): void {
    const [before, set] = this.#setUp;
    const label = this.getAttribute('label') ?? undefined;
    try {
      const { options, request } = readAsked(
        (name) => this.getAttribute(name),
        (name) => this.#objects.get(name) ?? undefined,
      );
      const given = this.#objects.get('client') as Gnomon | undefined;
      const client = given ?? sharedClient(options);
      this.#listenTo(client);
      // Of the same mistake, made once more later, the page is told once more.
      if (before().problem !== null) this.#tell(null);
      set({ client, request, label, problem: null });
    } catch (thrown) {
      const problem = toErrorData(thrown);
      set({ client: before().client, request: null, label, problem });
      this.#tell({ ...problem, id: null });
    }
  }

  #listenTo(client: Gnomon | null): void {
    if (client === this.#heard) return;
    this.#heard = client;
    for (const end of this.#deaf) end();
    this.#deaf =
      client === null
        ? []
        : [
            client.on('progress', (event) => this.#send('progress', event)),
            client.on('proof', (event) => this.#send('proof', event)),
            client.on('error', (event) => this.#send('error', event)),
            client.on('job', ({ id, state }) => {
              if (id !== this.#shownId || this.isConnected || !hasEnded(state)) return;
              // Its last event comes right after this one.
              queueMicrotask(() => !this.isConnected && this.#listenTo(null));
            }),
          ];
  }

  #send(type: 'progress' | 'proof' | 'error', detail: { id: string }): void {
    if (detail.id === this.#shownId) this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Once for each problem, though it may be found again at each look; again when it has been gone, or at each start. */
  #tell(detail: (ProofError & { id: null }) | null): void {
    if (detail === null) {
      this.#told = '';
      return;
    }
    const key = JSON.stringify(detail);
    if (key === this.#told) return;
    this.#told = key;
    // After those who set it up have had time to listen.
    queueMicrotask(() => this.dispatchEvent(new CustomEvent('error', { detail })));
  }

  /** Set on the element before it was one. */
  #upgrade(name: PropertyName): void {
    if (!Object.hasOwn(this, name)) return;
    const self = this as unknown as Record<string, unknown>;
    const value = self[name];
    delete self[name];
    self[name] = value;
  }
}

for (const name of NAMES) {
  Object.defineProperty(Element.prototype, name, {
    enumerable: true,
    get(this: Element) {
      return this.read(name);
    },
    set(this: Element, value: unknown) {
      this.write(name, value);
    },
  });
}

/** Of which there is no client, e.g. no address of circuits that could be one. */
function Unusable(props: { problem: ProofError | null; label: string | undefined }): JSX.Element {
  return (
    <Show when={props.problem}>
      {(problem) => (
        <section class="pipeline" part="panel" aria-label={props.label ?? 'Proof'}>
          <p role="alert">
            {problem().message} {problem().nextStep}
          </p>
        </section>
      )}
    </Show>
  );
}

const hasEnded = (state: ProofJob['state']): boolean => state !== 'queued' && state !== 'running';

function priorityName(value: unknown): string {
  const named = Object.entries(Priority).find(([, number]) => number === value)?.[0];
  return (named ?? String(value)).toLowerCase();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function makeSheet(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** Makes `<proof-pipeline>` known; a second time, or a second copy of this file, changes nothing. */
export function registerElement(): void {
  const registry = globalThis.customElements as CustomElementRegistry | undefined;
  if (registry !== undefined && registry.get(TAG) === undefined) registry.define(TAG, Element);
}
