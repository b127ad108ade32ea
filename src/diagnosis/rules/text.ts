import type { Match } from '../rule.ts';

/** What a variant says, apart from its proof. */
export type RuleText = Pick<Match, 'headline' | 'explanation' | 'fixes'>;
