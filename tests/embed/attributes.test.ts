// What the element's attributes and properties ask for together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { attributeOf, PROPERTIES, type PropertyName, readAsked } from '../../src/embed/attributes.ts';
import { testSeed } from '../helpers/scale.ts';

const asked = (attributes: Record<string, string>, properties: Record<string, unknown> = {}) =>
  readAsked(
    (name) => attributes[name] ?? null,
    (name) => properties[name],
  );
function whereOf(attributes: Record<string, string>, properties: Record<string, unknown> = {}) {
  try {
    asked(attributes, properties);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GnomonError);
    const { code, where, nextStep } = thrown as GnomonError;
    return [code, where, nextStep !== ''];
  }
  return null;
}

describe('readAsked', () => {
  it('asks for nothing without a source, and for the usual where nothing is said', () => {
    expect(asked({}).request).toBeNull();
    expect(asked({ attestations: '[1]' }).request).toEqual({
      attestations: [1],
      priority: 1,
      privacy: 'local-only',
    });
  });

  it('takes a property before the attribute of the same name', () => {
    expect(asked({ attestations: '[1]' }, { attestations: [2] }).request).toMatchObject({
      attestations: [2],
    });
  });

  it('gives circuits, database and server to the client, and not to the proof', () => {
    const { options, request } = asked({
      circuits: '/c.json',
      database: 'mine',
      server: 'https://p.example',
      'circuits-sha256': 'ab',
    });
    expect(options).toEqual({
      circuits: '/c.json',
      database: 'mine',
      servers: ['https://p.example'],
      circuitsSha256: 'ab',
    });
    expect(request).toBeNull();
  });

  it('keeps an identity to its bundle, and out of attributes', () => {
    expect(asked({ bundle: '{}', identity: 'from the page' }, {}).request).not.toHaveProperty('identity');
    expect(asked({ bundle: '{}' }, { identity: 'given' }).request).toMatchObject({ identity: 'given' });
    expect(PROPERTIES.identity.kind).toBe('property');
  });

  it.each([
    [{ 'proof-type': 'most' }, 'proof-type'],
    [{ priority: 'HIGH' }, 'priority'],
    [{ privacy: 'public' }, 'privacy'],
    [{ theme: 'blue' }, 'theme'],
    [{ threshold: '' }, 'threshold'],
    [{ threshold: '1.01' }, 'threshold'],
    [{ lower: 'NaN' }, 'lower'],
    [{ upper: '-0.1' }, 'upper'],
    [{ attestations: 'none' }, 'attestations'],
    [{ circuit: 'sum' }, 'input'],
    [{ input: '{}' }, 'circuit'],
    [{ circuit: 'sum', input: '{' }, 'input'],
    [{ attestations: '[]', bundle: '{}' }, 'attestations'],
  ] as [Record<string, string>, string][])('refuses %j by name, with what to do', (attributes, where) => {
    expect(whereOf(attributes)).toEqual(['input.attribute', where, true]);
  });

  it('never throws anything but a named error, nor quotes a value, whatever the attributes', () => {
    const names = (Object.keys(PROPERTIES) as PropertyName[]).map(attributeOf);
    const canary = 'c4n4ry';
    const value = fc.oneof(
      fc.string().map((text) => canary + text),
      fc.constantFrom('0.5', '{}', '[]', 'band'),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (attributes) => {
        try {
          asked(attributes);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GnomonError);
          expect(JSON.stringify((thrown as GnomonError).toData())).not.toContain(canary);
        }
      }),
      { seed: testSeed, numRuns: 300 },
    );
  });
});
