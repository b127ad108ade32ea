import { App, type ReceiverEvent } from '@slack/bolt';

/**
 * Bolt acknowledges an event before its listener ran, so a listener that fails loses the event. Here the acknowledgement is
 * held back until the listener is through: when it throws, nothing was acknowledged and Slack delivers again.
 */
export class SafeApp extends App {
  readonly #running = new Set<Promise<void>>();

  override processEvent(event: ReceiverEvent): Promise<void> {
    const work = event.body['type'] === 'event_callback' ? this.#acknowledgeLast(event) : super.processEvent(event);
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when everything that was taken in has been dealt with, well or badly. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #acknowledgeLast(event: ReceiverEvent): Promise<void> {
    let acknowledged = false;
    await super.processEvent({
      ...event,
      ack: async () => {
        acknowledged = true;
      },
    });
    if (acknowledged) await event.ack();
  }
}
