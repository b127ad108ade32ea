import { readView } from '@ktrdr-bot/local-slack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../src/diagnosis/clean.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { RULES } from '../../src/diagnosis/rules/index.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { withInteractions } from '../../src/formatters/answer/interactions.ts';
import { formatPreview, formatShared, formatSharing } from '../../src/formatters/answer/share.ts';
import { stackTraceText, wholeFlowText } from '../../src/formatters/answer/whole-flow.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import type { Answer, Message } from '../../src/formatters/message.ts';
import { formatLookedAgain, formatRecent, withEarlierAnswers } from '../../src/formatters/reports/earlier-answers.ts';
import { causeNames, formatCatalogue, formatCause } from '../../src/formatters/reports/explain.ts';
import { formatHome, formatHomeHelp } from '../../src/formatters/reports/home.ts';
import { formatMuted, formatMuteEnded, formatMutes } from '../../src/formatters/reports/mute.ts';
import { formatStatus } from '../../src/formatters/reports/status.ts';
import {
  formatNothingToWatch,
  formatWatchEnded,
  formatWatchExpired,
  formatWatching,
  formatWatchStopped,
} from '../../src/formatters/reports/watch.ts';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { lintMessage } from '../support/message-linter.ts';
import { objectsIn } from '../support/mrkdwn-linter.ts';
import { EXAMPLES, NOW } from './diagnoses.ts';
import { hostileDiagnosis, hostileText, SECRETS, TRICKS } from './hostile.ts';

const AT = '2026-11-23T07:03:07.000Z';
const URL_OF_THREAD = 'https://ktrdr.slack.com/archives/C0OPS/p1700000000000001';
const GRAFANA = 'https://grafana.example.org';
const NO_STATE = { claimedBy: null, snoozedUntil: null, mutedUntil: null };
const CLAIMED = { claimedBy: 'U0ANNA', snoozedUntil: AT, mutedUntil: AT };

const KINDS = ['channel', 'thread', 'cause', 'operation'] as const;

function silenceOf(of: string, i: number) {
  return { channel: 'C0OPS', kind: KINDS[i % 4] ?? 'cause', of, userId: 'U0ANNA', until: AT, undo: '{}' };
}

function lint(message: Message): readonly string[] {
  const hosts = ['jaeger.example.org', 'grafana.example.org', 'ktrdr.slack.com'];
  return lintMessage(message, { hosts, knownActions: ACTION_IDS, hostileInputs: TRICKS });
}

function answerTo(diagnosis: Diagnosis): Answer {
  const options = { jaegerPublicUrl: 'https://jaeger.example.org', grafanaUrl: GRAFANA, redact: [], now: NOW };
  return formatAnswer(diagnosis, { ...options, subject: { kind: 'last', type: null } });
}

/** Every message of the conversation that says something of a diagnosis. */
function messagesAbout(found: Diagnosis, said: string): readonly Message[] {
  const diagnosis = cleanDiagnosis(found);
  // Names come from diagnoses, which are cleaned before anything is remembered of them.
  const text = cleanText(said);
  const earlier = [1, 2, 3, 4].map((n) => ({ name: `${text}${n}`, at: AT, url: n > 1 ? URL_OF_THREAD : null }));
  const answer = answerTo(found);
  const remembered = { ...answer, summary: withEarlierAnswers(answer.summary, earlier) };
  const watch = { watchId: 'a'.repeat(24), operationId: text || 'op-1', userId: 'U0ANNA' };
  const ended = formatWatchEnded(watch, diagnosis);
  const long = [wholeFlowText(diagnosis), stackTraceText(said || ' ', diagnosis, [])];
  return [
    ...[NO_STATE, CLAIMED].flatMap((state) => {
      const interactions = { answerId: 'T0KTRDR-0123', diagnosis, state, symptom: null, grafanaUrl: GRAFANA };
      const { summary, thread } = withInteractions(remembered, interactions);
      return [summary, ...thread.map(({ message }) => message)];
    }),
    formatNothingToWatch(watch, diagnosis),
    formatWatching(watch, diagnosis, AT),
    ended.summary,
    ...ended.thread.map(({ message }) => message),
    formatWatchStopped(watch),
    formatWatchExpired(watch),
    formatLookedAgain(
      { name: text || 'op-1', since: AT, url: URL_OF_THREAD, question: '{}' },
      { kind: 'unchanged' },
      diagnosis,
    ),
    ...long.flatMap(({ answer }) =>
      answer === null ? [] : [answer.summary, ...answer.thread.map((part) => part.message)],
    ),
  ];
}

describe('the messages of the conversation', () => {
  it.each(Object.entries(EXAMPLES))('keep every limit for %s', (_name, diagnosis) => {
    for (const message of messagesAbout(diagnosis, 'op_training_20260109_060025_4183136f')) {
      expect(lint(message)).toEqual([]);
    }
  });

  it('stay legal, escaped and without secrets, whatever a span says', () => {
    fc.assert(
      fc.property(hostileDiagnosis, hostileText, (diagnosis, text) => {
        for (const message of messagesAbout(diagnosis, text)) {
          expect(lint(message)).toEqual([]);
          expect(JSON.stringify(message.blocks)).not.toContain('"type":"broadcast"');
        }
        const [flow] = [wholeFlowText(cleanDiagnosis(diagnosis))];
        for (const secret of SECRETS) expect(flow.text).not.toContain(secret);
      }),
      { numRuns: 20 },
    );
  });

  it('a preview has core blocks without rich text', () => {
    for (const diagnosis of Object.values(EXAMPLES)) {
      const blocks = formatPreview(diagnosis, []);
      expect(blocks.map(({ type }) => type)).toEqual(['section', 'context']);
      expect(lint({ text: 'Preview.', blocks })).toEqual([]);
    }
  });

  it('every cause has an entry', () => {
    expect(lint(formatCatalogue())).toEqual([]);
    for (const cause of causeNames()) {
      const entry = formatCause(cause);
      expect(entry === null ? ['missing'] : lint(entry), cause).toEqual([]);
    }
    expect(formatCause('nonsense')).toBeNull();
    expect(formatCause(`${RULES[0]?.id}/nonsense`)).toBeNull();
  });

  it('the rest of them keep every limit', () => {
    const queue = { kind: 'redis' as const, problems: ['Redis has <no> room.'], open: { questions: 1 } };
    const sources = [{ name: 'jaeger' as const, state: 'unavailable' as const, detail: 'refused & gone', tookMs: 3 }];
    const feedback = { right: 1, wrong: 2, causes: [] };
    const slack = { problems: ['Slack rejects the bot token (token_revoked).'] };
    const workers = { alive: 0, problems: ['No worker is running.'] };
    const status = formatStatus({ version: '0.1.0', node: 'v20', queue, sources, slack, workers, feedback });
    expect(status.text).toContain(
      'Slack rejects the bot token (token_revoked). No worker is running. Jaeger unavailable',
    );
    for (const message of [
      status,
      ...KINDS.map((kind) => formatMuted({ kind, of: 'data-missing', until: AT, undo: '{}', userId: 'U0ANNA' })),
      ...KINDS.flatMap((kind) => [true, false].map((was) => formatMuteEnded({ kind, of: 'data-missing' }, was))),
      formatMutes([]),
      formatSharing('C0OPS'),
      formatRecent('mine', []),
      formatRecent('failures', []),
    ]) {
      expect(lint(message)).toEqual([]);
    }
  });

  it('what names operations, causes and headlines is legal whatever they are, and at its longest', () => {
    for (const text of TRICKS.map((trick) => cleanText(trick))) {
      const seen = Array.from({ length: 10 }, () => ({ name: text, headline: text, at: AT, url: URL_OF_THREAD }));
      const kept = Array.from({ length: 12 }, (_, i) => silenceOf(text, i));
      for (const message of [
        formatRecent('mine', seen),
        formatMutes(kept),
        formatMutes(kept.slice(0, 1)),
        formatShared({ name: text, headline: text, by: 'U0ANNA', url: URL_OF_THREAD, question: '{}' }),
        formatShared({ name: text, headline: text, by: 'U0ANNA', url: null, question: 'x'.repeat(700) }),
        ...KINDS.map((kind) => formatMuted({ kind, of: text, until: AT, undo: '{}', userId: 'U0ANNA' })),
      ]) {
        expect(lint(message)).toEqual([]);
      }
    }
  });

  it('the Home tab is legal, empty and full', () => {
    const answers = TRICKS.map((text) => ({ name: text, headline: text, at: AT, url: URL_OF_THREAD }));
    const watches = TRICKS.map((text, i) => ({ watchId: String(i).padStart(24, '0'), operationId: text }));
    const schedule = { cron: '0 9 * * 1-5', tz: 'Europe/Berlin', sinceMs: 86_400_000, type: 'training', next: AT };
    const ids = Array.from({ length: 60 }, (_, i) => `C${String(i).padStart(9, '0')}`);
    const health = {
      queue: { kind: 'redis' as const, problems: TRICKS, open: { questions: 1 } },
      sources: TRICKS.map((detail) => ({ name: 'jaeger' as const, state: 'unavailable' as const, detail, tookMs: 1 })),
      slack: { problems: TRICKS },
      workers: { alive: 0, problems: TRICKS },
    };
    const full = {
      recent: answers,
      running: TRICKS.map((text) => ({ operationId: text, type: text, symbol: text, timeframe: text, percent: 45.1 })),
      watches,
      digests: ids.map((channel, i) => ({ ...schedule, channel, setBy: i % 5 === 4 ? null : 'U0ANNA' })),
      alerts: ids.map((channel, i) => ({ channel, types: [], setBy: i % 5 === 4 ? null : 'U0ANNA' })),
      mutes: ids.map((_id, i) => silenceOf(TRICKS[i % TRICKS.length] ?? '', i)),
      health,
      checkedAt: AT,
      version: '0.1.0',
    };
    const empty = {
      recent: [],
      running: null,
      watches: [],
      digests: [],
      alerts: [],
      mutes: [],
      health: {
        queue: { kind: 'postgres' as const, problems: [], open: {} },
        sources: [],
        slack: { problems: [] },
        workers: { alive: 1, problems: [] },
      },
      checkedAt: AT,
      version: '0.1.0',
    };
    const help = formatHomeHelp({ allowedChannels: ids, autoReplyChannels: ids, hasGrafana: true });
    for (const home of [full, empty]) {
      for (const said of [null, help, formatMuteEnded({ kind: 'cause', of: 'data-missing' }, true)]) {
        const blocks = formatHome(home, said);
        const read = readView({ type: 'home', blocks }, 'home');
        expect(read.kind === 'ok' ? null : read.refusal).toBeNull();
        const actions = objectsIn(blocks).flatMap(({ action_id: id }) => (typeof id === 'string' ? [id] : []));
        expect(new Set(actions).size).toBe(actions.length);
        expect(actions.filter((id) => !ACTION_IDS.includes(id.split(':')[0] ?? ''))).toEqual([]);
      }
    }
    expect(formatHome(full).length).toBeLessThanOrEqual(80);
    const words = JSON.stringify(formatHome(full));
    expect(words).toContain('And 52 more digests');
    expect(words).toContain('And 50 more that end later');
    expect(JSON.stringify(help)).toContain('and 48 more');
    expect(words.indexOf('Problems')).toBeGreaterThan(0);
    expect(JSON.stringify(formatHome(empty))).toContain('All systems responded <!date^');
  });
});
