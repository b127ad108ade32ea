/** Every builder of messages by name, and what it is fed with: a new one has to be added here. */
import { cleanText } from '../../src/diagnosis/clean.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { ACTIONS } from '../../src/diagnosis/vocabulary/actions.ts';
import * as alerts from '../../src/formatters/alert/alert.ts';
import * as subscriptions from '../../src/formatters/alert/subscriptions.ts';
import { type AnswerOptions, formatAnswer, signed } from '../../src/formatters/answer/answer.ts';
import { withInteractions } from '../../src/formatters/answer/interactions.ts';
import * as placeholders from '../../src/formatters/answer/placeholder.ts';
import { repliesOf } from '../../src/formatters/answer/replies.ts';
import { formatNotShared, formatPreview, formatShared, formatSharing } from '../../src/formatters/answer/share.ts';
import * as undelivered from '../../src/formatters/answer/undelivered.ts';
import { stackTraceText, wholeFlowText } from '../../src/formatters/answer/whole-flow.ts';
import { buildMessage } from '../../src/formatters/blocks/build-message.ts';
import { prose } from '../../src/formatters/blocks/text-block.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import { linksTo } from '../../src/formatters/links.ts';
import type { Answer, Message } from '../../src/formatters/message.ts';
import { formatWithPicture } from '../../src/formatters/picture/trace-picture.ts';
import * as actions from '../../src/formatters/reports/action.ts';
import {
  formatDigest,
  formatDigesting,
  formatDigestList,
  formatNoDigest,
} from '../../src/formatters/reports/digest.ts';
import * as schedules from '../../src/formatters/reports/digest-schedule.ts';
import {
  formatAnsweredElsewhere,
  formatLookedAgain,
  formatLookingAgain,
  formatRecent,
  type SecondLook,
  withEarlierAnswers,
  withFollowed,
} from '../../src/formatters/reports/earlier-answers.ts';
import {
  causeNames,
  formatCatalogue,
  formatCause,
  formatMatchingCauses,
} from '../../src/formatters/reports/explain.ts';
import { formatHelp, formatUsage, SUB_COMMANDS } from '../../src/formatters/reports/help.ts';
import { formatHome, formatHomeHelp } from '../../src/formatters/reports/home.ts';
import { formatMuted, formatMuteEnded, formatMuteOver, formatMutes } from '../../src/formatters/reports/mute.ts';
import { formatNoSearch, formatResults, formatSearching } from '../../src/formatters/reports/search-results.ts';
import { formatStatus, withOftenWrong } from '../../src/formatters/reports/status.ts';
import * as watches from '../../src/formatters/reports/watch.ts';
import { listed, messageOf, notice, withProblem } from '../../src/handlers/notice.ts';
import { degradations, inFewer, withImage } from '../../src/jobs/deliver/content.ts';
import { NOW } from './diagnoses.ts';

const AT = '2026-11-23T07:03:07.000Z';
const URL_OF_THREAD = 'https://ktrdr.slack.com/archives/C0OPS/p1700000000000001';
const FEEDBACK = { right: 8, wrong: 5, causes: [{ cause: 'data-missing', right: 2, wrong: 5, rightShare: 2 / 7 }] };
const BY = 'U0ANNA';
const OPTIONS: AnswerOptions = {
  jaegerPublicUrl: 'https://jaeger.example.org',
  grafanaUrl: 'https://grafana.example.org',
  redact: [],
  subject: { kind: 'last', type: null },
  now: NOW,
};

const LOOKS: readonly SecondLook[] = [
  { kind: 'unchanged' },
  { kind: 'changed', changes: [['status: running → failed'], ['progress: 45% → 52%']] },
  { kind: 'not-checked', missing: [['Jaeger did not answer']] },
];

export interface Stuff {
  /** As it came from outside. */
  readonly raw: string;
  /** As it is remembered of a diagnosis. */
  readonly text: string;
  readonly found: Diagnosis;
  readonly diagnosis: Diagnosis;
  readonly answer: Answer;
}
type Builder = (stuff: Stuff) => readonly Message[];

export const BUILDERS: Readonly<Record<string, Builder>> = {
  formatAnswer: ({ answer }) => all(answer),
  formatWithPicture: ({ found }) => all(formatWithPicture(found, OPTIONS)),
  withImage: ({ found }) =>
    formatWithPicture(found, OPTIONS).thread.flatMap(({ message, picture }) =>
      picture === undefined ? [] : [withImage(message, picture, 'F0PICTURE')],
    ),
  withEarlierAnswers: ({ answer, text }) => [
    withEarlierAnswers(
      answer.summary,
      [1, 2, 3].map((n) => ({ name: `${text}${n}`, at: AT, url: n > 1 ? URL_OF_THREAD : null })),
    ),
  ],
  repliesOf: ({ diagnosis }) =>
    repliesOf(diagnosis, linksTo('https://jaeger.example.org', null)).map(({ message }) => message),
  signed: ({ answer }) =>
    [true, false].flatMap((isPasted) => all(signed(answer, { userId: BY, isPasted, version: '0.1.0' }))),
  withInteractions: ({ answer, diagnosis }) =>
    [null, AT].flatMap((at) => {
      const state = {
        claimedBy: at === null ? null : BY,
        snoozedUntil: at,
        mutedUntil: at,
        done: at === null ? null : { what: 'Resumed', userId: BY, at },
      };
      const grafanaUrl = 'https://grafana.example.org';
      return all(withInteractions(answer, { answerId: 'T0-1', diagnosis, state, symptom: null, grafanaUrl }));
    }),
  withReason: ({ answer, raw }) =>
    [null, 'not_in_channel', 'is_archived', raw].flatMap((code) =>
      (['response-url', 'direct'] as const).map((way) =>
        undelivered.withReason(answer.summary, { channel: 'C0OPS', code, way }),
      ),
    ),
  withProblem: ({ raw }) =>
    [null, messageOf(notice`${raw}`)].map((answer) => withProblem(messageOf(notice`${raw} isn’t a symptom.`), answer)),
  withWarning: ({ answer }) => [undelivered.withWarning(answer.summary, { channel: 'C0OPS', code: 'not_in_channel' })],
  formatNeverPosts: ({ raw }) =>
    ['is_archived', raw].flatMap((code) => undelivered.formatNeverPosts({ channel: 'C0OPS', code }) ?? []),
  withTokenRefused: ({ answer, raw }) => [undelivered.withTokenRefused(answer.summary, raw)],
  formatAhead: () => [1, 12].map(undelivered.formatAhead),
  formatHeldBack: () => [undelivered.formatHeldBack(125_000)],
  formatContentRefused: ({ raw }) => [
    undelivered.formatContentRefused(raw, raw),
    undelivered.formatContentRefused('msg_blocked_by_policy', raw),
  ],
  formatGaveUp: ({ raw }) => [undelivered.formatGaveUp(raw)],
  formatNotShared: ({ text }) => [formatNotShared(text)],
  formatNotShown: ({ raw }) => [undelivered.formatNotShown(raw)],
  formatNoWorkers: ({ raw }) => [undelivered.formatNoWorkers(raw)],
  formatUnknownVersion: () => [undelivered.formatUnknownVersion()],
  formatAnsweredElsewhere: () =>
    [null, { userId: BY, at: AT }].map((first) => formatAnsweredElsewhere(URL_OF_THREAD, '{}', first)),
  inFewer: ({ answer }) => inFewer(answer.thread).map(({ message }) => message),
  degradations: ({ answer }) => degradations(answer.summary).slice(0, 1),
  wholeFlowText: ({ diagnosis }) => all(wholeFlowText(diagnosis).answer),
  stackTraceText: ({ raw, diagnosis }) => all(stackTraceText(raw || ' ', diagnosis, []).answer),
  formatPreview: ({ found }) => [{ text: 'A preview.', blocks: formatPreview(found, []) }],
  formatQueued: ({ raw }) => [placeholders.formatQueued(named(raw), 'T0-1')],
  formatReading: ({ raw }) => [placeholders.formatReading(named(raw), 'T0-1')],
  formatCancelled: ({ raw }) => [placeholders.formatCancelled(named(raw), null, BY, 12_345)],
  formatFailure: ({ raw }) => [placeholders.formatFailure(named(raw), raw, raw)],
  formatLookingAgain: () => [formatLookingAgain(URL_OF_THREAD), formatLookingAgain(null)],
  formatLookedAgain: ({ text, diagnosis }) =>
    [URL_OF_THREAD, null].flatMap((url) => {
      const again = { name: text || 'op-1', since: url === null ? null : AT, url, question: '{}' };
      return LOOKS.map((look) => formatLookedAgain(again, look, diagnosis));
    }),
  formatRecent: ({ text }) => [formatRecent('mine', seen(text)), formatRecent('failures', [])],
  formatShared: ({ text }) => [
    formatShared({ name: text, headline: text, by: BY, url: URL_OF_THREAD, question: '{}' }),
  ],
  formatSharing: () => [formatSharing('C0OPS')],
  formatMuted: ({ text }) => [formatMuted(mute(text)), formatMuted({ ...mute(text), kind: 'operation' })],
  formatMuteEnded: ({ text }) => [formatMuteEnded(mute(text), true), formatMuteEnded(mute(text), false)],
  formatMuteOver: ({ text }) => [formatMuteOver(mute(text)), formatMuteOver({ kind: 'channel' }, BY)],
  formatMutes: ({ text }) => [formatMutes(Array.from({ length: 15 }, () => mute(text))), formatMutes([])],
  formatNothingToWatch: ({ text, diagnosis }) => [watches.formatNothingToWatch(watch(text), diagnosis)],
  formatWatching: ({ text, diagnosis }) => [watches.formatWatching(watch(text), diagnosis, AT)],
  formatWatchEnded: ({ text, diagnosis }) => all(watches.formatWatchEnded(watch(text), diagnosis)),
  formatWatchStopped: ({ text }) => [watches.formatWatchStopped(watch(text))],
  formatWatchExpired: ({ text }) => [watches.formatWatchExpired(watch(text))],
  formatOffers: ({ text }) => [
    actions.formatOffers(ACTIONS.map((kind) => offered(kind, text))),
    actions.formatOffers(ACTIONS.map((kind) => ({ ...acting(kind, text), refusal: text }))),
    actions.formatOffers([{ ...offered('start-again', text), asksForModel: true }]),
  ],
  formatActing: ({ text }) => ACTIONS.map((kind) => actions.formatActing(acting(kind, text))),
  formatActed: ({ text }) =>
    ACTIONS.flatMap((kind) =>
      (['done', 'warning', 'refused', 'unknown'] as const).map((outcome) =>
        actions.formatActed({ ...acting(kind, text), at: AT, outcome, text, by: outcome === 'refused' ? BY : null }),
      ),
    ),
  formatFollowing: ({ text }) => [
    actions.formatFollowing({ ...acting('resume', text), workerId: text, epoch: 30, next: AT }),
    actions.formatFollowing({ ...acting('resume', text), workerId: null, epoch: null, next: AT }),
  ],
  formatFollowed: ({ text }) =>
    (['ended', 'finished', 'left', 'never-begun', 'expired'] as const).flatMap((end) =>
      all(actions.formatFollowed({ ...acting('resume', text), end, status: 'failed', epoch: 30 })),
    ),
  formatStatus: ({ raw }) => [
    formatStatus({
      version: '0.1.0',
      node: 'v20',
      queue: { kind: 'redis', problems: [`Redis: ${cleanText(raw)}.`], open: { questions: 1 } },
      sources: [{ name: 'jaeger', state: 'unavailable', detail: cleanText(raw), tookMs: 3 }],
      slack: { problems: [`Slack: ${cleanText(raw)}.`] },
      workers: { alive: 2, problems: [] },
      feedback: FEEDBACK,
    }),
  ],
  withFollowed: ({ answer, text }) => [
    withFollowed(answer.summary, null, null),
    ...ACTIONS.map((action) =>
      withFollowed(answer.summary, { kind: 'fixed', action, data: text, userId: BY, at: AT }, null),
    ),
    ...[text, 'op_2'].map((operationId) =>
      withFollowed(answer.summary, { kind: 'completed', name: text, operationId, afterMs: 720_000 }, 'training'),
    ),
  ],
  withOftenWrong: ({ raw }) => all(withOftenWrong(formatDigest(digest(raw), []), FEEDBACK.causes)),
  formatHome: ({ raw, text }) => [
    {
      text: 'The Home tab.',
      blocks: formatHome({
        recent: seen(text),
        running: [{ operationId: text, type: text, symbol: text, timeframe: text, percent: 4.5678 }],
        watches: [watch(text)],
        digests: [{ ...SCHEDULE, channel: 'C0OPS', setBy: BY }],
        alerts: [{ channel: 'C0OPS', types: ['training'], setBy: BY }],
        mutes: [mute(text)],
        health: {
          queue: { kind: 'redis', problems: [`Redis: ${cleanText(raw)}.`], open: {} },
          sources: [],
          slack: { problems: [] },
          workers: { alive: 0, problems: ['No worker is running.'] },
        },
        checkedAt: AT,
        version: '0.1.0',
      }),
    },
  ],
  formatHomeHelp: () => [
    formatHomeHelp({ allowedChannels: ['C0OPS'], autoReplyChannels: ['*'], hasGrafana: true }),
    formatHomeHelp({ allowedChannels: null, autoReplyChannels: [], hasGrafana: false }),
  ],
  formatResults: ({ raw }) => [
    formatResults({ ...PAGE, asked: raw, rows: Array.from({ length: 8 }, () => row(raw)), gaps: [raw, raw] }, []),
    formatResults(
      {
        ...PAGE,
        asked: raw,
        rows: [],
        total: 0,
        gaps: [],
        previous: null,
        next: null,
        hints: [raw],
        wider: { since: '7d', count: 3, isComplete: false, page: '{}' },
      },
      [],
    ),
  ],
  formatSearching: ({ raw }) => [formatSearching(raw)],
  formatNoSearch: ({ raw }) => [formatNoSearch(raw, '{}')],
  formatDigest: ({ raw }) => all(formatDigest(digest(raw), [])),
  formatDigesting: () => [formatDigesting(86_400_000)],
  formatDigestList: ({ raw }) => [formatDigestList(digest(raw), [])],
  formatNoDigest: ({ raw }) => [formatNoDigest(raw, null), formatNoDigest(raw, '{}')],
  formatDigestSet: () => [schedules.formatDigestSet(SCHEDULE)],
  formatSchedules: () => [
    schedules.formatSchedules([{ ...SCHEDULE, isConfigured: true }]),
    schedules.formatSchedules([]),
  ],
  withCount: ({ answer, text }) =>
    [1, 40].flatMap((count) => all(alerts.withCount(answer, answer.summary.text, alertOf(text, count)))),
  formatManyCauses: ({ text }) => all(alerts.formatManyCauses(alertOf(text, 40))),
  formatOver: ({ answer, text }) =>
    [null, 'training'].map((by) =>
      alerts.formatOver(
        { ...alertOf(text, 12), over: { at: Date.parse(AT), by } },
        { claimedBy: BY, done: by === null ? null : { what: 'Resumed', userId: BY, at: AT } },
        alerts.controlsOfOver(answer.summary.blocks),
      ),
    ),
  controlsOfOver: ({ answer }) => [{ text: 'Over.', blocks: alerts.controlsOfOver(answer.summary.blocks) }],
  formatAnsweredBefore: ({ text }) => all(alerts.formatAnsweredBefore(text, text, URL_OF_THREAD)),
  formatJaegerAway: ({ text }) => [alerts.formatJaegerAway(AT, text)],
  formatJaegerBack: () => [alerts.formatJaegerBack(AT, AT)],
  formatAlerts: () => [
    subscriptions.formatAlerts([], null),
    subscriptions.formatAlerts([{ types: ['training', 'backtesting'], setBy: null }], subscriptions.WITHOUT_API),
  ],
  formatAlertsOn: () => [subscriptions.formatAlertsOn([], null), subscriptions.formatAlertsOn(['data_load'], 'No.')],
  formatAlertsOff: () => [
    subscriptions.formatAlertsOff(true, true, null),
    subscriptions.formatAlertsOff(false, false, 'C0OPS'),
  ],
  formatAlertsUsage: ({ text }) => [subscriptions.formatAlertsUsage(`“${text}” isn’t on, off, or show.`)],
  formatDigestEnded: () => [schedules.formatDigestEnded(true, true), schedules.formatDigestEnded(false, false)],
  formatDigestUsage: ({ raw }) => [schedules.formatDigestUsage(raw)],
  formatDigestFieldUsage: ({ raw }) => [schedules.formatDigestFieldUsage(raw)],
  formatHelp: () => [formatHelp()],
  formatUsage: () => SUB_COMMANDS.flatMap(({ name }) => formatUsage(name) ?? []),
  formatMatchingCauses: ({ raw }) =>
    [formatMatchingCauses('worker'), formatMatchingCauses(raw)].filter((one) => one !== null),
  formatCause: () => causeNames().flatMap((cause) => formatCause(cause) ?? []),
  formatCatalogue: () => [formatCatalogue()],
  buildMessage: ({ raw }) => [buildMessage(['Said: ', cleanText(raw)], { blocks: [prose([cleanText(raw)])] })],
  messageOf: ({ raw }) => [
    messageOf(notice`There is no ${raw}.`),
    messageOf(notice`Diagnosing ${listed(Array.from({ length: 13 }, () => notice`${raw}`))}.`),
  ],
};

export function stuffOf(found: Diagnosis, raw: string): Stuff {
  const answer = formatAnswer(found, OPTIONS);
  return { raw, text: cleanText(raw), found, diagnosis: cleanDiagnosis(found), answer };
}

function all(answer: Answer | null): readonly Message[] {
  return answer === null ? [] : [answer.summary, ...answer.thread.map(({ message }) => message)];
}

function named(operationId: string) {
  return { kind: 'operation', operationId } as const;
}

function seen(text: string) {
  return Array.from({ length: 5 }, () => ({ name: text, headline: text, at: AT, url: URL_OF_THREAD }));
}

function mute(text: string) {
  return { channel: 'C0OPS', kind: 'cause', of: text, userId: BY, until: AT, undo: '{}' } as const;
}

function watch(text: string) {
  return { watchId: 'a'.repeat(24), operationId: text.trim() || 'op-1', userId: BY };
}

function acting(kind: (typeof ACTIONS)[number], text: string) {
  return { kind, operationId: text.trim() || 'op-1', operationType: 'training', userId: BY };
}

function offered(kind: (typeof ACTIONS)[number], text: string) {
  const data = { symbol: text.slice(0, 30), timeframe: '1h' };
  const call = { method: 'POST', path: '/api/v1/trainings/start', body: { strategy_name: text, symbols: text } };
  return { ...acting(kind, text), offerId: `T0KTRDR-${'a'.repeat(24)}`, data, call, notes: [text] };
}

const SCHEDULE = { cron: '0 9 * * 1-5', tz: 'Europe/Berlin', sinceMs: 86_400_000, type: null, next: AT };
const PAGE = { first: 8, listed: 19, total: 19, hints: [], wider: null, from: AT, to: AT, previous: '{}', next: '{}' };

function row(raw: string) {
  const ids = { operationId: raw, traceId: raw, cause: raw };
  return {
    ...ids,
    type: raw,
    status: 'failed',
    symbol: raw,
    timeframe: raw,
    startedAt: AT,
    failedAt: AT,
    durationMs: 1,
    headline: raw,
  };
}

function names(raw: string) {
  const counted = [{ name: raw, count: 2 }];
  return { variants: counted, about: counted };
}

function digest(raw: string) {
  const operations = Array.from({ length: 6 }, () => row(raw));
  const group = { cause: raw, meaning: raw, count: 6, before: 1, ...names(raw), operations };
  const groups = Array.from({ length: 10 }, () => group);
  return {
    window: { from: AT, to: AT },
    type: null,
    total: 60,
    before: 3,
    groups,
    silenced: 1,
    falseAlarms: 1,
    falseAlarmIds: [raw],
    gaps: [raw],
  };
}

function alertOf(text: string, count: number): alerts.AlertView {
  const at = Date.parse(AT);
  const failures = Array.from({ length: count }, (_, i) => ({ name: text, headline: text, at: at + i * 1000 }));
  const causes = count === 40 ? failures.map(({ headline }) => ({ headline, count: 1 })) : [{ headline: text, count }];
  return { causes, count, firstAt: at, newestAt: at + count * 1000, failures, over: null };
}
