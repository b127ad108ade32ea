import type { KnownBlock } from '@slack/types';
import type { TraceChart } from './picture/chart.ts';
import type { DigestChart } from './picture/digest-picture.ts';

/** A finished Slack message. `text` is the notification, the screen reader's text and the fallback: a full sentence. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** The answer to one request: one message that is kept current, and the details in its thread, in reading order. */
export interface Answer {
  readonly summary: Message;
  /**
   * `slot` is stable over re-runs, so that a repeated delivery edits or skips instead of posting twice. The words are posted
   * first, and edited to show the picture once it is drawn and uploaded.
   */
  readonly thread: readonly { readonly slot: string; readonly message: Message; readonly picture?: TracePicture }[];
  /** The picture in the message itself. */
  readonly picture?: TracePicture;
}

/** Drawn as a PNG and uploaded when it is delivered. */
export interface TracePicture {
  readonly chart: TraceChart | DigestChart;
  readonly fileName: string;
  readonly title: string;
  /** At most 1000 characters. */
  readonly altText: string;
}
