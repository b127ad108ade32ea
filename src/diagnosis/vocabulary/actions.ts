/** What the ktrdr API can be asked to do about an operation, as `ACTIONS` names it. */
export const ACTIONS = ['cancel', 'resume', 'start-again', 'load-data'] as const;
export type ActionKind = (typeof ACTIONS)[number];
