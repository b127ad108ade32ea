import { App, type AppOptions, ErrorCode, type ReceiverEvent } from '@slack/bolt';
import { record } from '../../jobs/telemetry.ts';
import { checkPayload, MalformedPayload } from './payload.ts';

/**
 * Bolt acknowledges an event before its listener runs, so a failing listener would lose the event. Here the acknowledgement
 * waits until the listener ends: if it throws, nothing was acknowledged, and Slack redelivers.
 */
export class SafeApp extends App {
  readonly #running = new Set<Promise<void>>();
  /** Bodies that Bolt understood and dispatched. */
  readonly #dispatched = new WeakSet<object>();

  constructor(options: AppOptions) {
    super(options);
    this.use(async ({ body, next }) => {
      this.#dispatched.add(body);
      await next();
    });
  }

  /** Rejects with a `MalformedPayload` when a redelivery can't help, otherwise with the listener's error. */
  override processEvent(event: ReceiverEvent): Promise<void> {
    const work = this.#process(event);
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when everything that was received has been processed, successfully or not. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #process(event: ReceiverEvent): Promise<void> {
    const { body } = event;
    checkPayload(body);
    const isHeldBack = body['type'] === 'event_callback';
    const startedAt = performance.now();
    let isAcknowledged = false;
    const acknowledge: ReceiverEvent['ack'] = async (content) => {
      record({ kind: 'acknowledgement', seconds: (performance.now() - startedAt) / 1000 });
      await event.ack(content);
    };
    const ack: ReceiverEvent['ack'] = async (content) => {
      isAcknowledged = true;
      if (!isHeldBack) await acknowledge(content);
    };
    try {
      await super.processEvent({ ...event, ack });
    } catch (cause) {
      const isUnauthorized = cause instanceof Error && 'code' in cause && cause.code === ErrorCode.AuthorizationError;
      if (isUnauthorized || this.#dispatched.has(body)) throw cause;
      throw new MalformedPayload('Bolt can’t read the payload.', { cause });
    }
    if (!isAcknowledged) throw new MalformedPayload('ktrdr-bot has no listener for this payload.');
    if (isHeldBack) await acknowledge();
  }
}
