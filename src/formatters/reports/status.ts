import type { SourceReport } from '../../diagnosis/case.ts';
import { plural } from '../../language/plurals.ts';
import { type FeedbackVerdict, VERDICTS } from '../answer/interactions.ts';
import { SOURCE_NAMES, SOURCE_STATES } from '../answer/summary.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { code, type InlineText, inline, listBlock, note, prose, strong, type TextBlock } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface FeedbackCount {
  readonly cause: string;
  readonly verdict: FeedbackVerdict;
  readonly count: number;
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
  readonly feedback: readonly FeedbackCount[];
}

const MOST_CAUSES = 12;
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

function feedbackList(feedback: readonly FeedbackCount[]): readonly TextBlock[] {
  if (feedback.length === 0) return [prose(['No feedback yet.'])];
  const causes = [...new Set(feedback.map(({ cause }) => cause))].slice(0, MOST_CAUSES);
  const items = causes.map((cause): InlineText => {
    const counts = feedback.filter((one) => one.cause === cause && one.count > 0);
    return [code(cause), `: ${counts.map(({ verdict, count }) => `${VERDICTS[verdict]} ${count}`).join(', ')}`];
  });
  const total = feedback.reduce((sum, { count }) => sum + count, 0);
  return [listBlock(`Feedback on ${plural(total, 'diagnosis', 'diagnoses')}`, items)];
}
