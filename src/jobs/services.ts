/** Everything that people can do besides requesting a diagnosis, for the handlers. */
import type { Clean } from '../diagnosis/clean.ts';
import { CAUSE_CHOICES } from '../formatters/answer/interactions.ts';
import type { Message } from '../formatters/message.ts';
import { causeNames, formatCatalogue, formatCause, formatMatchingCauses } from '../formatters/reports/explain.ts';
import { createActionActions } from './action/press.ts';
import { createAlertActions } from './alert/actions.ts';
import { createAnswerActions } from './answer/actions.ts';
import { hurried } from './answer/earlier-answers.ts';
import { requestPreview } from './answer/preview.ts';
import type { PreviewJob } from './background/background-jobs.ts';
import { say } from './deliver/wanted.ts';
import { createHome, type HomeOptions } from './home/home.ts';
import { createMuteActions } from './mute/actions.ts';
import type { ChatTarget } from './ports.ts';
import { isInAny, isSharedOutside, maySpeak } from './readers.ts';
import type { OwnRequests } from './register/own-requests.ts';
import { isFirst } from './register/tell-once.ts';
import { createDigestActions } from './reports/digest-actions.ts';
import { createSearchActions } from './reports/search-actions.ts';
import { type ChannelRef, type PersonRef, type Place, requestIdOf } from './requests.ts';
import { createWatchActions } from './watch/watch.ts';

interface ServicesOptions extends HomeOptions {
  readonly own: OwnRequests;
  readonly grafanaUrl: string | null;
  readonly clean: Clean;
  /** Whether the ktrdr API is configured. */
  readonly hasKtrdr: boolean;
}

/**
 * The messages are for the person who acted; null means that the channel shows the outcome. `id` is the ID of the interaction,
 * so that a redelivery by Slack has no second effect. Each service rejects when the queue is unreachable.
 */
export type Services = ReturnType<typeof createServices>;

/** Uses the connection of the handlers, which fails fast instead of waiting for the queue. */
export function createServices(options: ServicesOptions) {
  const client = options.backend.front;
  const tools = { ...options, client };
  const slack = hurried(options.workspace);
  return {
    ...createAnswerActions(tools),
    ...createMuteActions(tools),
    ...createWatchActions(tools),
    ...createHome(options),
    ...createActionActions(tools),
    ...createSearchActions(tools),
    ...createDigestActions(tools),
    ...createAlertActions(tools),

    preview: (message: ChatTarget & { readonly ts: string }, links: readonly PreviewJob['links'][number][]) =>
      requestPreview(client, message, links),

    /** Slack lookups that handlers make before they accept a request. */
    maySpeak: (person: PersonRef, channel: string) => maySpeak(slack, person, channel),
    isInAny: (person: PersonRef, channels: readonly string[]) => isInAny(slack, person, channels),
    isSharedOutside: (channel: ChannelRef) => isSharedOutside(slack, channel),
    /** `what` starts with the workspace ID. */
    isFirst: (what: string) => isFirst(client.store, what),

    async say(id: string, place: Place, message: Message): Promise<void> {
      await say(client, { requestId: requestIdOf(id, place), place }, { summary: message, thread: [] });
    },

    /** Explains one cause or all that match; all causes when `cause` is empty. Null when none matches. */
    explain: (cause: string): Message | null =>
      cause === '' ? formatCatalogue() : (formatCause(cause) ?? formatMatchingCauses(cause)),
    causeNames,
    causeChoices: CAUSE_CHOICES,
  };
}
