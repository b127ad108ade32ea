/**
 * The readers of what the bot keeps, against those who could read with them. docs/access.md shows it, and
 * test/end-to-end/readers.test.ts proves each cell in a test called `<reader>: <audience>`.
 */

export const AUDIENCES = {
  member: 'a person of the private channel in which it was said',
  'non-member': 'a person of the workspace who is not in it',
  public: 'everybody in a public channel, where a person of the private one acts',
  'direct message': 'anybody but the person to whom it was said in a direct message',
  'other workspace': 'a person of another workspace with the app',
  forged: 'values that nobody was given: an unknown answer, channel, or workspace',
} as const;
export type Audience = keyof typeof AUDIENCES;

/** Each reader, and what those see who may not read: nothing of it, or a sentence that says why not. */
export const READERS = {
  'same cause seen before': 'nothing',
  'what came after an earlier failure': 'nothing',
  recent: 'nothing',
  'recent failures': 'nothing',
  'Home tab': 'nothing',
  'feedback in status': 'nothing',
  'whole flow': 'a sentence',
  'stack trace': 'a sentence',
  claim: 'a sentence',
  feedback: 'a sentence',
  'feedback form': 'a sentence',
  'quiet form': 'a sentence',
  share: 'a sentence',
  'digest form': 'a sentence',
  'end of a digest': 'a sentence',
  'undo of a mute': 'a sentence',
  'list of mutes': 'nothing',
  'diagnose form': 'nothing',
  'answered here': 'nothing',
  'same question at the same time': 'nothing',
} as const;
export type ReaderName = keyof typeof READERS;

/** Shown to one person only, wherever they act: there, a member reads as in the private channel, and the public nothing. */
export const PERSONAL: readonly ReaderName[] = [
  'Home tab',
  'feedback form',
  'share',
  'digest form',
  'end of a digest',
  'undo of a mute',
  'diagnose form',
];

export const CELLS = Object.keys(READERS).flatMap((reader) =>
  Object.keys(AUDIENCES).map((audience) => ({ reader, audience, title: `${reader}: ${audience}` })),
) as readonly { readonly reader: ReaderName; readonly audience: Audience; readonly title: string }[];
