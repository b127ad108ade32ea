import type { SourceReport } from '../../diagnosis/case.ts';
import { percent } from '../../language/numbers.ts';
import { plural } from '../../language/plurals.ts';
import type { FeedbackVerdict } from '../answer/interactions.ts';
import { SOURCE_NAMES, SOURCE_STATES } from '../answer/summary.ts';
import { contextBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { code, type InlineText, inline, listBlock, note, prose, strong, type TextBlock } from '../blocks/text-block.ts';
import type { Answer, Message } from '../message.ts';

export interface FeedbackCount {
  readonly cause: string;
  readonly verdict: FeedbackVerdict;
  readonly count: number;
}

export interface CauseFeedback {
  readonly cause: string;
  /** Number of judgements. */
  readonly right: number;
  readonly wrong: number;
  /** Between 0 and 1. */
  readonly rightShare: number;
}

export interface FeedbackSummary {
  /** Number of judgements. */
  readonly right: number;
  readonly wrong: number;
  /** Those with enough judgements, the worst first. */
  readonly causes: readonly CauseFeedback[];
}

/** Problems are one sentence each. */
export interface HealthNow {
  readonly queue: {
    readonly kind: 'redis' | 'postgres';
    readonly problems: readonly string[];
    readonly open: Readonly<Record<string, number>>;
  };
  readonly sources: readonly SourceReport[];
  /** Whether Slack takes the bot's token. */
  readonly slack: { readonly problems: readonly string[] };
  readonly workers: { readonly alive: number; readonly problems: readonly string[] };
}

export interface BotStatus extends HealthNow {
  readonly version: string;
  readonly node: string;
  readonly feedback: FeedbackSummary;
}

const MOST_CAUSES = 5;
const QUEUE_KINDS = { redis: 'Redis', postgres: 'embedded database' } as const;

export function formatStatus(status: BotStatus): Message {
  const { lead, items } = healthBlocks(status);
  return buildMessage([strong(lead)], {
    blocks: [
      listBlock('Checked just now', items),
      ...feedbackList(status.feedback),
      note(inline`ktrdr-bot ${code(status.version)} · Node ${code(status.node)}`),
    ],
  });
}

export function healthBlocks({ queue, sources, slack, workers }: HealthNow): {
  readonly lead: string;
  readonly hasProblems: boolean;
  readonly items: readonly InlineText[];
} {
  const bad = sources.filter(({ state }) => state === 'unavailable' || state === 'partial');
  const troubles = [
    ...queue.problems,
    ...slack.problems,
    ...workers.problems,
    ...bad.map(({ name, state }) => `${SOURCE_NAMES[name]} ${SOURCE_STATES[state]}.`),
  ];
  const lead = troubles.length === 0 ? 'All systems responding.' : shortLine(troubles.join(' '), 500);
  const waiting = Object.entries(queue.open).map(([name, count]) => `${name} ${count}`);
  const queueText = `Queue: ${QUEUE_KINDS[queue.kind]}. Open jobs: ${waiting.join(', ') || 'none'}`;
  const workersText = `Workers: ${workers.alive === 0 ? 'none running' : `${workers.alive} running`}`;
  const slackText = `Slack and bot token: ${slack.problems.length === 0 ? 'OK' : 'not OK'}`;
  const hasProblems = troubles.length > 0;
  return { lead, hasProblems, items: [[queueText], [workersText], [slackText], ...sources.map(sourceText)] };
}

function sourceText({ name, state, detail }: SourceReport): InlineText {
  return [`${SOURCE_NAMES[name]} ${SOURCE_STATES[state]}${detail === '' ? '' : `: ${shortLine(detail, 300)}`}`];
}

function feedbackList({ right, wrong, causes }: FeedbackSummary): readonly TextBlock[] {
  const judged = right + wrong;
  if (judged === 0) return [prose(['No feedback yet.'])];
  const total = `Feedback on ${plural(judged, 'diagnosis', 'diagnoses')}: ${percentOf(right / judged)} right`;
  const worst = causes.slice(0, MOST_CAUSES);
  if (worst.length === 0) return [prose([`${total}.`])];
  return [listBlock(`${total}. By cause, lowest first`, worst.map(causeText))];
}

/** A digest for the bot's admins: it includes the causes that people often called wrong. */
export function withOftenWrong(answer: Answer, causes: readonly CauseFeedback[]): Answer {
  const [first, ...others] = causes.slice(0, MOST_CAUSES).map(causeText);
  if (first === undefined) return answer;
  const text = inline`${strong('Often marked wrong:')} ${[...first, ...others.flatMap((one): InlineText => [', ', ...one])]}. ${code('ktrdr-bot feedback')} shows the feedback.`;
  const { summary } = answer;
  const at = summary.blocks.findIndex(({ type }) => type === 'actions');
  const before = at < 0 ? summary.blocks : summary.blocks.slice(0, at);
  const blocks = [...before, contextBlock(mrkdwnElement(text)), ...summary.blocks.slice(before.length)];
  return { ...answer, summary: { text: summary.text, blocks } };
}

function causeText({ cause, right, wrong, rightShare }: CauseFeedback): InlineText {
  return inline`${code(cause)} ${percentOf(rightShare)} right (${String(right + wrong)} answers)`;
}

function percentOf(share: number): string {
  return percent(Math.round(share * 100));
}
