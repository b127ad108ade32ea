import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Trace } from '../../../src/diagnosis/trace.ts';
import { ATTRIBUTE_REFERENCE, attributeNamed } from '../../../src/diagnosis/vocabulary/attribute-reference.ts';
import { ATTRIBUTE } from '../../../src/diagnosis/vocabulary/attributes.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { describeWithShared } from '../../support/shared.ts';

const INCIDENTS = incidentsIn(FIXTURES);

function namesIn(traces: readonly Trace[]): ReadonlySet<string> {
  const spans = traces.flatMap((trace) => trace.spans);
  const carriers = spans.flatMap((span) => [span.attributes, ...span.events.map(({ attributes }) => attributes)]);
  return new Set(carriers.flatMap((attributes) => Object.keys(attributes)));
}

describe('the attribute reference', () => {
  it('names each attribute once, and says what it means in a sentence', () => {
    const names = ATTRIBUTE_REFERENCE.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(120);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, meaning, today } of ATTRIBUTE_REFERENCE) {
      expect(meaning, name).toMatch(/^[A-Z].*\.$/);
      if (today !== null) expect(today, name).toMatch(/\.$/);
    }
  });

  it('says of an attribute that only the runbook names, or that is newer, that nothing writes it', () => {
    for (const { name, vocabulary, occursOn } of ATTRIBUTE_REFERENCE) {
      if (vocabulary === 'documented' || vocabulary === 'newer') expect(occursOn, name).toBeNull();
      if (vocabulary === 'both') expect(occursOn, name).not.toBeNull();
    }
  });

  it('knows every spelling that readers understand', () => {
    const unknown = Object.values(ATTRIBUTE)
      .flat()
      .filter((name) => attributeNamed(name) === null);
    expect(unknown).toEqual([]);
  });

  it('knows every attribute in the recordings', () => {
    const found = INCIDENTS.flatMap((incident) => [...namesIn(caseOf(incident, 'v3', { api: false }).traces)]);
    expect([...new Set(found)].filter((name) => attributeNamed(name) === null)).toEqual([]);
  });

  it('tells the two vocabularies apart as the recordings do', () => {
    const real = INCIDENTS.filter(({ dir }) => /\/\d\d[a-z]?-/.test(dir));
    expect(real.length).toBeGreaterThan(30);
    for (const incident of real)
      for (const name of namesIn(caseOf(incident, 'v3', { api: false }).traces))
        expect(attributeNamed(name)?.vocabulary, `${name} in ${incident.name}`).toMatch(/^(?:real|both)$/);
  });
});

describeWithShared('the attribute reference beside the runbook', 'runbook.md', (path) => {
  it('holds the whole reference of the runbook, with its types', () => {
    const section = readFileSync(path, 'utf8').split('## Span Attribute Reference')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `([a-z_.]+)` \| (\w+) \|/gm)];
    expect(rows.length).toBeGreaterThan(70);
    for (const [, name = '', type] of rows) {
      const entry = attributeNamed(name);
      expect(entry?.vocabulary, name).toMatch(/^(?:documented|both)$/);
      const types = [entry?.type, entry?.type === 'json' ? 'string' : entry?.type];
      expect(types, name).toContain(type);
    }
  });
});
