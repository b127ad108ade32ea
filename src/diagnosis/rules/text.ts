import type { Match } from '../rule.ts';

/** What a variant says, apart from its proof. */
export type Text = Pick<Match, 'headline' | 'explanation' | 'fixes'>;
