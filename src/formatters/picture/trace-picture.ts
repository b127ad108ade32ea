/** The picture of the trace as a part of the answer, with a text alternative. */
import type { Diagnosis, FlowStep } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import { type AnswerOptions, formatAnswer } from '../answer/answer.ts';
import { gapText } from '../answer/execution-flow.ts';
import { sentence } from '../answer/fix.ts';
import { FLOW_SLOT } from '../answer/replies.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { cleanDiagnosis } from '../clean.ts';
import type { Answer, TracePicture } from '../message.ts';
import { traceChartOf } from './chart.ts';

/** The text shows fewer steps just as well. */
const FEWEST_STEPS = 5;
const LONGEST_ALT = 900;
const MOST_NAMES = 6;

/** The answer for Slack, with the picture in the reply that shows the flow, when there are enough steps. */
export function formatWithPicture(uncleaned: Diagnosis, options: AnswerOptions): Answer {
  const answer = formatAnswer(uncleaned, options);
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const { verdict, flow } = diagnosis;
  const hasFlow = verdict === 'explained' || verdict === 'healthy' || verdict === 'running';
  if (!hasFlow || flow.length < FEWEST_STEPS) return answer;
  const picture = pictureOf(diagnosis, options.redact);
  const thread = answer.thread.map((reply) => (reply.slot === FLOW_SLOT ? { ...reply, picture } : reply));
  return { ...answer, thread };
}

function pictureOf(diagnosis: Diagnosis, redact: readonly RegExp[]): TracePicture {
  const name = diagnosis.operationId ?? diagnosis.traces[0]?.traceId ?? 'request';
  const chart = traceChartOf(diagnosis, redact);
  return {
    chart,
    fileName: `trace-${name.replace(/[^\w-]/g, '').slice(0, 80)}.png`,
    title: mrkdwn.plain(`Trace of ${name}`, 150),
    altText: mrkdwn.plain(altTextOf(diagnosis), LONGEST_ALT),
  };
}

function altTextOf(diagnosis: Diagnosis): string {
  const { flow, primary } = diagnosis;
  const failed = flow.filter((step) => step.error);
  const slowest = flow.filter((step) => step.onCriticalPath).toSorted((a, b) => b.selfMs - a.selfMs)[0];
  const here = flow.find((step) => step.spanId === primary?.culprit?.spanId);
  return [
    `Gantt chart: ${extentOf(diagnosis)}`,
    `Services: ${listed([...new Set(flow.map((step) => step.service))])}`,
    ...(slowest === undefined
      ? []
      : [`Longest on the critical path: ${nameOf(slowest)}, ${formatDuration(slowest.selfMs)} self time`]),
    ...(failed.length === 0 ? [] : [`Failed: ${listed([...new Set(failed.map(nameOf))])}`]),
    ...(here === undefined ? [] : [`Root cause:  ${nameOf(here)}`]),
    ...(primary?.gap === undefined ? [] : [`Marked: ${gapText(primary)}`]),
  ]
    .map((text) => sentence(mrkdwn.oneLine(text)))
    .join(' ');
}

/** `10 spans over 49 ms`. */
function extentOf({ flow, primary }: Diagnosis): string {
  const end = [...flow, ...(primary?.gap === undefined ? [] : [primary.gap])].reduce(
    (latest, step) => Math.max(latest, step.startMs + step.durationMs),
    0,
  );
  return `${plural(flow.length, 'span')} over ${formatDuration(end)}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

function nameOf({ operation, service }: FlowStep): string {
  return `${mrkdwn.cut(operation, 60) || '(no name)'} (${mrkdwn.cut(service, 40)})`;
}
