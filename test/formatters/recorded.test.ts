/** Every recorded incident, asked with and without the ktrdr API, in every form of the answer. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { formatHtml } from '../../src/formatters/html/page.ts';
import { formatShortText, formatText } from '../../src/formatters/terminal/text.ts';
import { formatUtc } from '../../src/formatters/units.ts';
import { degradations } from '../../src/jobs/deliver/content.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';
import { lint } from './lint.ts';

const INCIDENTS = incidentsIn(FIXTURES).flatMap((incident) => [
  { name: incident.name, incident, api: true },
  { name: `${incident.name} (traces only)`, incident, api: false },
]);

describe.each(INCIDENTS)('$name', ({ incident, api }) => {
  const kase = caseOf(incident, 'v3', { api });
  const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });

  it('is answered within every limit of Slack', () => {
    const { summary, thread } = formatAnswer(diagnosis, {
      jaegerPublicUrl: 'https://jaeger.example.org',
      grafanaUrl: 'https://grafana.example.org',
      redact: [],
      subject: kase.subject,
      now: kase.now,
    });
    for (const message of [summary, ...thread.map((part) => part.message)]) {
      for (const form of degradations(message)) expect(lint(form)).toEqual([]);
    }
  });

  it('says headline, evidence and commands on a terminal and on a page', () => {
    const text = formatText(diagnosis, { width: 100, colour: false, now: kase.now }).replace(/\s+/g, ' ');
    for (const width of [40, 80, Number.POSITIVE_INFINITY]) {
      const lines = formatShortText(diagnosis, { width, colour: true, now: kase.now }).trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(12);
    }
    const page = formatHtml(diagnosis, { now: kase.now });
    const { primary } = diagnosis;
    const commands = primary?.fixes.flatMap((fix) => (fix.kind === 'command' ? [fix.command] : [])) ?? [];
    for (const command of commands) expect(text).toContain(command.replace(/\s+/g, ' '));
    const headline = diagnosis.headline.replace(/\d{4}-\d{2}-\d{2}T\S{8}Z/g, (time) => formatUtc(time) ?? time);
    expect(text).toContain(headline.replace(/\s+/g, ' '));
    expect(page).toContain('<h2>Trace summary</h2>');
    if (primary !== null) expect(text).toContain('Root cause');
  });
});
