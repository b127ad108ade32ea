/** The command `digest` and its form: schedules are changed here, and a digest is looked up by the report worker. */
import { z } from 'zod';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Message } from '../../formatters/message.ts';
import {
  formatDigestEnded,
  formatDigestFieldUsage,
  formatDigestSet,
  formatDigestUsage,
  formatSchedules,
} from '../../formatters/reports/digest-schedule.ts';
import { parseJson } from '../../language/json.ts';
import { setForLater } from '../deliver/later-posts.ts';
import { isAnswered } from '../deliver/wanted.ts';
import { MAX_WINDOW_MS } from '../digest/digest.ts';
import { digestTypeSchema } from '../digest/scheduled.ts';
import { digestOfChannel, dropDigest, nextOf, saveDigest } from '../digest/schedules.ts';
import { type DigestPlan, readDigestWords, wordsOfPlan } from '../digest/words.ts';
import { mayRead } from '../readers.ts';
import { type ChannelRef, type FormOutcome, type Place, requestIdOf } from '../requests.ts';
import { isIn, type ReportActionsOptions, requestReport, timeZoneOf } from './report-requests.ts';

const NOT_YOURS = buildMessage([
  'ktrdr-bot can’t see that channel, or you aren’t in it. Add the bot with /invite, or ask someone who is in the channel.',
]);

const OLD_BUTTON = 'This button is from an earlier version of ktrdr-bot. Use /ktrdr digest now.';

const askedSchema = z.object({
  at: z.number().int().positive(),
  sinceMs: z.number().positive().max(MAX_WINDOW_MS),
  type: digestTypeSchema,
});

export function createDigestActions(options: ReportActionsOptions) {
  const { client, clock, configured, workspace } = options;
  const { store } = client;
  const mayReadFromElsewhere = ({ teamId, channel, userId }: Place) =>
    mayRead(workspace, { kind: 'person', teamId, userId, channel: null }, { teamId, channel });

  /** `elsewhere` is the channel of the digest when the message is read in another one. */
  function setPlan(place: Place, plan: DigestPlan, elsewhere: string | null): Promise<FormOutcome> {
    return setForLater(workspace, place, async () => {
      await saveDigest(store, place, plan);
      return formatDigestSet({ ...plan, next: nextOf(plan) }, elsewhere);
    });
  }

  async function end(place: Place, elsewhere: string | null): Promise<Message> {
    const wasOn = await dropDigest(store, place);
    const isConfigured = configured.some((one) => isIn(one, place));
    return formatDigestEnded(wasOn, isConfigured, elsewhere);
  }

  return {
    /** Null when the channel shows the answer. */
    async digest(id: string, words: string, place: Place): Promise<Message | null> {
      const request = readDigestWords(words, Date.now(), await timeZoneOf(place, options));
      switch (request.kind) {
        case 'now': {
          const window = { at: clock(), sinceMs: request.sinceMs, type: request.type };
          return requestReport(options, { kind: 'digest', requestId: requestIdOf(id, place), place, ...window });
        }
        case 'set':
          return (await setPlan(place, request.plan, null)).message;
        case 'show':
          return showDigests(place, options);
        case 'off':
          return end(place, null);
        case 'unclear':
          return formatDigestUsage(request.problem);
      }
    },

    /**
     * `value` is the value of the button “Show all” of the message in `shownIn`. One list for each digest: `place` is its
     * thread or, after a failure, the list itself.
     */
    async showAll(id: string, value: string, place: Place, shownIn: Place): Promise<Message | null> {
      const asked = askedSchema.safeParse(parseJson(value)).data;
      if (asked === undefined) return buildMessage([OLD_BUTTON]);
      const { channel, messageTs } = shownIn;
      const requestId = requestIdOf(messageTs === null ? id : `list of ${channel} ${messageTs}`, place);
      if (await isAnswered(store, requestId)) return buildMessage(['The list is in the thread.']);
      return requestReport(options, { kind: 'digest', requestId, place, ...asked, isList: true });
    },

    /** The words that set the digest of a channel, empty when it has none; or why the person gets none. */
    async digestWords(place: Place): Promise<string | Message> {
      if (!(await mayReadFromElsewhere(place))) return NOT_YOURS;
      const plan = await digestOfChannel(store, place);
      return plan === null ? '' : wordsOfPlan(plan);
    },

    /** From another channel: `place` is the channel of the digest, which the person must be able to read. */
    async setDigest(words: string, place: Place): Promise<FormOutcome> {
      const request = readDigestWords(`set ${words}`, Date.now());
      if (request.kind !== 'set')
        return { isDone: false, message: formatDigestFieldUsage(request.kind === 'unclear' ? request.problem : '') };
      if (!(await mayReadFromElsewhere(place))) return { isDone: false, message: NOT_YOURS };
      return setPlan(place, request.plan, place.channel);
    },

    /** From another channel, as in `setDigest`. */
    async endDigest(place: Place): Promise<Message> {
      return (await mayReadFromElsewhere(place)) ? end(place, place.channel) : NOT_YOURS;
    },
  };
}

async function showDigests(place: ChannelRef, { client, configured }: ReportActionsOptions): Promise<Message> {
  const own = await digestOfChannel(client.store, place);
  const digests = [
    ...(own === null ? [] : [{ ...own, isConfigured: false }]),
    ...configured.filter((one) => isIn(one, place)).map((one) => ({ ...one, isConfigured: true })),
  ];
  return formatSchedules(digests.map((one) => ({ ...one, next: nextOf(one) })));
}
