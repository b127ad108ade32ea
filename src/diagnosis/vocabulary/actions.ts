/** What the bot can do to an operation through the ktrdr API, as named in `ACTIONS`. */
export const ACTIONS = ['cancel', 'resume', 'start-again', 'load-data'] as const;
export type ActionKind = (typeof ACTIONS)[number];
