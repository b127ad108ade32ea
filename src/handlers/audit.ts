/** The audit line of a request: who asked for what, and what became of it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import { recordStretch } from '../jobs/telemetry.ts';
import type { Incoming } from './intake/incoming.ts';

/**
 * `queued`: it will be processed. `not queued`: it won't. `unknown`: the queue didn't respond in time. `handled`: nothing had
 * to be queued. `failed`: a bug, or Slack will redeliver it. `refused`: the person isn't allowed to ask, or has too many open
 * requests.
 */
export type AuditOutcome = 'queued' | 'not queued' | 'unknown' | 'handled' | 'failed' | 'refused' | 'no token';

interface Note {
  outcome: AuditOutcome | null;
  readonly requestIds: string[];
}

const notes = new AsyncLocalStorage<Note>();

/** Called by the code that queues the request, at any depth below the listener. Does nothing outside a request. */
export function noteOutcome(outcome: AuditOutcome, requestIds: readonly string[] = []): void {
  const note = notes.getStore();
  if (note === undefined) return;
  note.outcome = outcome;
  note.requestIds.push(...requestIds);
}

/** Runs the listeners, and logs what they noted once the acknowledgement is sent: writing a line takes as long as taking a request. */
export async function audited(incoming: Incoming, log: Logger, next: () => Promise<void>): Promise<void> {
  const note: Note = { outcome: null, requestIds: [] };
  const startMs = Date.now();
  const end = (otherwise: AuditOutcome) => {
    const outcome = note.outcome ?? otherwise;
    const endMs = Date.now();
    setImmediate(() => {
      audit(incoming, outcome, log, note.requestIds);
      trace(incoming, note, { startMs, endMs, outcome });
    });
  };
  try {
    await notes.run(note, next);
  } catch (error) {
    end('failed');
    throw error;
  }
  end('handled');
}

function trace(
  { kind, entry, teamId, channel, userId }: Incoming,
  { requestIds }: Note,
  { startMs, endMs, outcome }: { readonly startMs: number; readonly endMs: number; readonly outcome: AuditOutcome },
): void {
  for (const requestId of requestIds) {
    recordStretch(requestId, true, () => ({
      name: `${kind} ${entry}`,
      kind: 'server',
      startMs,
      endMs,
      attributes: {
        'ktrdr_bot.request.id': requestId,
        'ktrdr_bot.outcome': outcome,
        'slack.team.id': teamId,
        'slack.channel.id': channel,
        'slack.user.id': userId,
      },
      error: outcome === 'queued' || outcome === 'handled' ? null : outcome,
    }));
  }
}

/** Names and ids only: no text that people wrote, no `response_url`. */
export function audit(
  { isRequest, kind, entry, about, ...who }: Incoming,
  outcome: AuditOutcome,
  log: Logger,
  requestIds: readonly string[] = [],
): void {
  if (!isRequest) return;
  const { teamId, userId, userTeamIds, channel } = who;
  const userTeamId = userTeamIds[0] ?? null;
  const ids = requestIds.length === 0 ? {} : { requestIds };
  log.info({ audit: { outcome, kind, entry, about, ...ids, teamId, channel, userId, userTeamId } }, 'request');
}
