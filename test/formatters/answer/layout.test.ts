/** The shape of an answer in Slack, over all recorded incidents: short, few controls, nothing said twice. */
import type { KnownBlock } from '@slack/types';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { formatAnswer, signed } from '../../../src/formatters/answer/answer.ts';
import { withInteractions } from '../../../src/formatters/answer/interactions.ts';
import { cleanDiagnosis } from '../../../src/formatters/clean.ts';
import type { Message } from '../../../src/formatters/message.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';

const STATES = [
  { claimedBy: null, snoozedUntil: null, mutedUntil: null },
  { claimedBy: 'U0ANNA', snoozedUntil: '2026-11-23T07:03:07.000Z', mutedUntil: '2026-11-23T07:03:07.000Z' },
];
const SHORTEST_SENTENCE = 25;

const CASES = incidentsIn(FIXTURES).flatMap((incident) =>
  [true, false].map((api) => ({ name: `${incident.name}${api ? '' : ' (traces only)'}`, incident, api })),
);

describe.each(CASES)('the answer to $name', ({ incident, api }) => {
  const kase = caseOf(incident, 'v3', { api });
  const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });
  const grafanaUrl = 'https://grafana.example.org';
  const options = { jaegerPublicUrl: 'https://jaeger.example.org', grafanaUrl, redact: [], subject: kase.subject };
  const formatted = formatAnswer(diagnosis, { ...options, now: kase.now });
  const own = signed(formatted, { userId: 'U0ANNA', isPasted: false, version: '0.1.0' });
  const answers = STATES.map((state) =>
    withInteractions(own, { answerId: 'T0-1', diagnosis: cleanDiagnosis(diagnosis), state, symptom: null, grafanaUrl }),
  );

  it('is one message of at most eight lines with four controls, and two replies', () => {
    for (const { summary, thread } of answers) {
      expect(thread.length).toBeLessThanOrEqual(2);
      expect(controlsIn(summary)).toBeLessThanOrEqual(4);
      for (const { message } of thread) expect(controlsIn(message)).toBeLessThanOrEqual(2);
    }
    expect(own.summary.blocks.flatMap(linesOf).length).toBeLessThanOrEqual(8);
  });

  it('has the headings that people look for, wherever there is a finding', () => {
    const [{ thread } = own] = answers;
    const said = thread.map(({ message }) => message.blocks.flatMap(linesOf).join('\n')).join('\n');
    if (diagnosis.primary !== null) expect(said).toMatch(/Root cause[\s\S]*Fix[\s\S]*Trace summary/);
    if (diagnosis.flow.length > 0 && thread.length > 0) expect(said).toContain('Execution flow');
  });

  it('shows the flow in 45 columns', () => {
    for (const line of own.thread.flatMap(({ message }) => message.blocks.flatMap(preformattedIn))) {
      if (line.kind === 'flow') expect([...line.text].length).toBeLessThanOrEqual(45);
    }
  });

  it('says no sentence twice', () => {
    const first = new Set(own.summary.blocks.flatMap(sentencesIn));
    const replies = own.thread.flatMap(({ message }) => message.blocks.flatMap(sentencesIn));
    expect(replies.filter((sentence) => first.has(sentence))).toEqual([]);
    expect(replies.filter((sentence, i) => replies.indexOf(sentence) !== i)).toEqual([]);
  });
});

function controlsIn({ blocks }: Message): number {
  return blocks.reduce((sum, block) => sum + (block.type === 'actions' ? block.elements.length : 0), 0);
}

/** As they stand below one another. */
function linesOf(block: KnownBlock): readonly string[] {
  return block.type === 'actions' ? [] : textsIn(block).join('').split('\n');
}

function sentencesIn(block: KnownBlock): readonly string[] {
  if (block.type === 'actions' || preformattedIn(block).some(({ kind }) => kind === 'flow')) return [];
  return textsIn(block)
    .join('')
    .split(/\n|(?<=[.!?]) | · /)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length >= SHORTEST_SENTENCE);
}

function preformattedIn(block: KnownBlock): readonly { readonly kind: 'flow' | 'command'; readonly text: string }[] {
  if (block.type !== 'rich_text') return [];
  const isAlone = block.elements.length === 1;
  return block.elements
    .filter(({ type }) => type === 'rich_text_preformatted')
    .flatMap((element) => textsIn(element).join('').split('\n'))
    .map((text) => ({ kind: isAlone ? 'flow' : 'command', text }));
}

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('url' in value && 'text' in value && typeof value.text === 'string') return [value.text];
  if ('fallback' in value && typeof value.fallback === 'string') return [value.fallback];
  const own = 'text' in value && typeof value.text === 'string' ? [value.text] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
}
