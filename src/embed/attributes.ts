// The element's attributes and properties: which there are, how each is read, and what they ask for together. Pure, so
// that every wrong attribute gets one clear message.
import type { GnomonOptions, ProofRequest } from '../client/types.ts';
import { GnomonError } from '../core/errors.ts';
import { Priority } from '../core/job.ts';

/** `text`, `number` and `choice` reflect as attributes; `json` is read from one; `property` has none. */
type Kind =
  | { kind: 'text' | 'number' | 'json' | 'property' }
  | { kind: 'choice'; of: readonly string[]; usual: string | null };

const PRIORITY_NAMES = Object.keys(Priority).map((name) => name.toLowerCase());

export const PROPERTIES = {
  attestations: { kind: 'json' },
  proofType: { kind: 'choice', of: ['exact', 'threshold', 'band', 'membership'], usual: null },
  threshold: { kind: 'number' },
  lower: { kind: 'number' },
  upper: { kind: 'number' },
  subject: { kind: 'text' },
  scope: { kind: 'text' },
  message: { kind: 'text' },
  bundle: { kind: 'json' },
  identity: { kind: 'property' },
  circuit: { kind: 'text' },
  input: { kind: 'json' },
  priority: { kind: 'choice', of: PRIORITY_NAMES, usual: 'normal' },
  privacy: { kind: 'choice', of: ['local-only', 'may-offload'], usual: 'local-only' },
  proofId: { kind: 'text' },
  circuits: { kind: 'text' },
  circuitsSha256: { kind: 'text' },
  server: { kind: 'text' },
  database: { kind: 'text' },
  theme: { kind: 'choice', of: ['light', 'dark'], usual: null },
  label: { kind: 'text' },
  client: { kind: 'property' },
} as const satisfies Record<string, Kind>;

export type PropertyName = keyof typeof PROPERTIES;

/** `proofType` → `proof-type`. */
export function attributeOf(name: PropertyName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export interface Asked {
  options: GnomonOptions;
  /** Null: nothing to prove yet. */
  request: ProofRequest | null;
}

/** `attribute` reads one; `property` gives what was set on the element as an object. Throws `input.attribute`. */
export function readAsked(
  attribute: (name: string) => string | null,
  property: (name: PropertyName) => unknown,
): Asked {
  const text = (name: PropertyName) => attribute(attributeOf(name)) ?? undefined;
  const value = (name: PropertyName) => property(name) ?? json(name, text(name));
  choice('theme', text('theme'));
  const priority = choice('priority', text('priority')) ?? 'normal';
  const common = {
    priority: Priority[priority.toUpperCase() as keyof typeof Priority],
    privacy: (choice('privacy', text('privacy')) ?? 'local-only') as 'local-only' | 'may-offload',
    ...given({ id: text('proofId'), label: text('label') }),
  };
  const server = text('server');
  return {
    options: given({
      circuits: text('circuits'),
      circuitsSha256: text('circuitsSha256'),
      database: text('database'),
      servers: server === undefined ? undefined : [server],
    }),
    request: requestOf(text, value, common),
  };
}

type Common = Pick<ProofRequest, 'id' | 'label' | 'priority' | 'privacy'>;

function requestOf(
  text: (name: PropertyName) => string | undefined,
  value: (name: PropertyName) => unknown,
  common: Common,
): ProofRequest | null {
  const [attestations, bundle, circuit, input] = [
    value('attestations'),
    value('bundle'),
    text('circuit'),
    value('input'),
  ];
  const sources = [attestations, bundle, circuit ?? input].filter((one) => one !== undefined);
  if (sources.length > 1) {
    throw wrong('attestations', 'stands beside another source: give attestations, a bundle, or a circuit');
  }
  // Read in any case, so that a wrong one is told before there is anything to prove.
  const bounds = given({
    proofType: choice('proofType', text('proofType')) as never,
    threshold: number('threshold', text('threshold')),
    lower: number('lower', text('lower')),
    upper: number('upper', text('upper')),
  });
  const message = given({ message: text('message') });
  if (attestations !== undefined) {
    const about = given({ subject: text('subject'), scope: text('scope') });
    return { ...common, attestations: attestations as never, ...bounds, ...message, ...about };
  }
  if (bundle !== undefined) {
    const identity = given({ identity: value('identity') as string | undefined });
    return { ...common, bundle: bundle as string | object, ...identity, ...message };
  }
  if (circuit === undefined && input === undefined) return null;
  if (circuit === undefined) throw wrong('circuit', 'is missing: it says which circuit the input is for');
  if (input === undefined) throw wrong('input', 'is missing: the circuit needs it');
  return { ...common, circuit, input: input as never };
}

function choice(name: 'proofType' | 'priority' | 'privacy' | 'theme', text: string | undefined) {
  const { of } = PROPERTIES[name];
  if (text === undefined) return undefined;
  if ((of as readonly string[]).includes(text)) return text;
  throw wrong(name, `must be ${of.slice(0, -1).join(', ')} or ${of.at(-1)}`);
}

function number(name: PropertyName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw wrong(name, 'must be a number from 0 to 1');
}

function json(name: PropertyName, text: string | undefined): unknown {
  if (text === undefined || PROPERTIES[name].kind !== 'json') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(name, 'is not valid JSON');
  }
}

/** Without what was left out. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function wrong(name: PropertyName, reason: string): GnomonError {
  return new GnomonError('input.attribute', `"${attributeOf(name)}" ${reason}.`, {
    where: attributeOf(name),
    nextStep: 'Correct it in the page; whoever made the page can.',
  });
}
