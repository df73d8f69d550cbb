// What a server was found to be, by whichever tab found it: each fact under a key of its own. So a tab that does not
// yet know what a person has just done in another never writes that over, and no fact is lost to another one.
import * as v from 'valibot';

export interface ServerFacts {
  /** As it called itself last; its host before that. */
  name: string;
  /** It has offered a key since it was allowed: the person has seen that inputs go there sealed, so that they go no
   * other way until the person is asked again. */
  sealed?: true | undefined;
  /** Why it gets nothing more until the person says so: a proof of it was wrong. */
  setAside: string | null;
}

export const NameSchema = v.pipe(v.string(), v.maxLength(200));
export const SetAsideSchema = v.nullable(v.pipe(v.string(), v.maxLength(500)));

/** `sealed` false: no more, which is more than not known. */
const FactsSchema = v.partial(v.object({ name: NameSchema, sealed: v.boolean(), setAside: SetAsideSchema }));
type Kept = v.InferOutput<typeof FactsSchema>;
const FACTS = ['name', 'sealed', 'setAside'] as const;

const keyOf = (key: string, fact: keyof Kept, id: string): string => `${key}.${fact}.${id}`;

/** What is kept of a server goes before what its record says, which may be older. */
export function withFacts<T extends ServerFacts & { id: string }>(
  storage: Storage,
  key: string,
  record: T,
): T {
  const kept: Kept = {};
  for (const fact of FACTS) Object.assign(kept, readFact(storage, key, fact, record.id));
  const { sealed = record.sealed ?? false, name = record.name, setAside = record.setAside } = kept;
  const { sealed: _before, ...rest } = record;
  return { ...rest, name, setAside, ...(sealed ? { sealed: true } : {}) } as T;
}

function readFact(storage: Storage, key: string, fact: keyof Kept, id: string): Kept {
  try {
    const text = storage.getItem(keyOf(key, fact, id));
    return text === null ? {} : v.parse(FactsSchema, { [fact]: JSON.parse(text) });
  } catch {
    return {};
  }
}

/** Those that are named in `facts`, and no others. */
export function writeFacts(storage: Storage, key: string, id: string, facts: Partial<ServerFacts>): void {
  for (const fact of FACTS) {
    if (!(fact in facts)) continue;
    const value = fact === 'sealed' ? facts.sealed === true : facts[fact];
    storage.setItem(keyOf(key, fact, id), JSON.stringify(value));
  }
}

export function removeFacts(storage: Storage, key: string, id: string): void {
  for (const fact of FACTS) storage.removeItem(keyOf(key, fact, id));
}
