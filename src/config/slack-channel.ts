import { z } from 'zod';

const CHANNEL = 'must be an ID such as C0123456789';

/** The fields of an entry that name a channel. `team` is required when several workspaces can install the app. */
export const slackChannel = {
  team: z
    .string()
    .regex(/^[TE][A-Z0-9]+$/, 'must be an ID such as T0123456789')
    .optional(),
  channel: z.string(CHANNEL).regex(/^[CGD][A-Z0-9]+$/, CHANNEL),
};
