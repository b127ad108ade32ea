import { z } from 'zod';
import { slackChannel } from './slack-channel.ts';
import { entries } from './values.ts';

const EXAMPLE = '[{"channel":"C0123456789","types":["training","backtest"]}]';
const TYPES = 'must be a list of training, backtest, download, and agent';

const Alerts = z
  .strictObject(
    {
      ...slackChannel,
      types: z.array(z.enum(['training', 'backtest', 'download', 'agent'], TYPES), TYPES).default([]),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? 'has unknown fields' : 'must be an object') },
  )
  .transform(({ team, ...rest }) => ({ ...rest, team: team ?? null }));

/** A JSON array of channels. A channel without `types` gets alerts for failures of every type. */
export function alerts() {
  return entries(Alerts, EXAMPLE);
}
