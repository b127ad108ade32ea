import type { ConversationsSelect } from '@slack/types';

/** A choice of channels, never of one that is shared with another organisation. */
export function channelSelect(actionId: string, kinds: readonly ('public' | 'private' | 'im')[]): ConversationsSelect {
  return {
    type: 'conversations_select',
    action_id: actionId,
    filter: { include: [...kinds], exclude_bot_users: true, exclude_external_shared_channels: true },
  };
}
