import type { SlackWorkspace } from '../../src/jobs/workspace-port.ts';

/** A workspace that has public channels only, for tests in which it doesn't matter who reads what. */
export const ALL_PUBLIC: Pick<SlackWorkspace, 'channel' | 'isMember'> = {
  channel: async () => ({ kind: 'public', isSharedOutside: false, isShared: false, isArchived: false, hasBot: true }),
  isMember: async () => true,
};
